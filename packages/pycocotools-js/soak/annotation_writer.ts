/**
 * Writes annotation files of any size, of which each annotation can be made again from its number
 * alone.
 */
import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import type { CocoAnnotation, CocoImage } from '../source/index.js'

const IMAGES = 20_000
/** Annotations are written so many at a time. */
const BATCH = 1000

export interface WrittenFile {
  annotations: number
  bytes: number
}

/** Writes images, categories, and as many annotations as it takes to fill `bytes`. */
export async function writeAnnotations(path: string, bytes: number): Promise<WrittenFile> {
  const file = createWriteStream(path, { highWaterMark: 2 ** 22 })
  let written = 0
  const write = async (text: string): Promise<void> => {
    written += text.length // all of it is ASCII
    if (!file.write(text)) await new Promise<void>((resolve) => file.once('drain', resolve))
  }
  const images = Array.from({ length: IMAGES }, (_, i) => imageAt(i))
  const categories = Array.from({ length: 80 }, (_, i) => ({
    id: i + 1,
    name: `category ${i + 1}`,
  }))
  await write(`{"info": {"year": 2017}, "images": ${JSON.stringify(images)}, `)
  await write(`"categories": ${JSON.stringify(categories)}, "annotations": [`)
  let annotations = 0
  while (written < bytes) {
    const batch = Array.from({ length: BATCH }, (_, i) =>
      JSON.stringify(annotationAt(annotations + i)),
    )
    await write((annotations > 0 ? ', ' : '') + batch.join(', '))
    annotations += BATCH
  }
  await write(']}')
  file.end()
  await finished(file)
  return { annotations, bytes: written }
}

function imageAt(i: number): CocoImage {
  const name = `${String(i).padStart(12, '0')}.jpg`
  return {
    id: 3 * i + 7,
    width: 640,
    height: 480,
    file_name: name,
    coco_url: `http://images.example/${name}`,
  }
}

/**
 * The annotation of a number: polygons mostly, as in COCO, some crowds and some compressed masks.
 */
export function annotationAt(i: number): CocoAnnotation {
  const random = randomNumbers(i)
  const pixel = (most: number) => Math.round(random() * most * 100) / 100
  const common = {
    image_id: 3 * Math.floor(random() * IMAGES) + 7,
    bbox: [pixel(500), pixel(400), pixel(140), pixel(80)],
    area: random() * 10_000,
    category_id: 1 + Math.floor(random() * 80),
  }
  const id = i % 50 === 0 ? 900_000_000_000 + i : 2 * i + 1
  if (i % 50 === 0) {
    const counts = Array.from({ length: 400 }, () => Math.floor(random() * 60))
    return { segmentation: { size: [480, 640], counts }, ...common, iscrowd: 1, id }
  }
  if (i % 50 === 1) {
    const code = () => String.fromCharCode(48 + Math.floor(random() * 64))
    const counts = Array.from({ length: 100 }, code).join('')
    return { id, ...common, segmentation: { counts, size: [480, 640] }, iscrowd: 0 }
  }
  const polygon = Array.from({ length: 2 * (4 + Math.floor(random() * 40)) }, () => pixel(640))
  return { segmentation: [polygon], ...common, iscrowd: 0, id }
}

/** Numbers in 0 ... 1, the same for a seed each time (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
