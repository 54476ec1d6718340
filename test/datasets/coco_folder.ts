import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import sharp from 'sharp'
import type { CocoAnnotation, CocoDataset } from '../../packages/pycocotools-js/source/index.js'

/** An empty folder that goes when the test ends. */
export async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vanilladet-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Writes `annotations.json`; text is written as it stands. */
export async function writeAnnotations(folder: string, content: unknown): Promise<string> {
  const file = join(folder, 'annotations.json')
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

/** An annotation file of one 64 x 48 image (`a.png`) with one cat; parts can be replaced. */
export function oneCat(parts: Partial<Record<keyof CocoDataset, unknown>> = {}): unknown {
  return {
    images: [{ id: 7, file_name: 'a.png', width: 64, height: 48 }],
    annotations: [cat()],
    categories: [{ id: 17, name: 'cat' }],
    ...parts,
  }
}

/** A cat in image 7; parts can be replaced. */
export function cat(parts: Partial<Record<keyof CocoAnnotation, unknown>> = {}): unknown {
  return {
    id: 4711,
    image_id: 7,
    category_id: 17,
    bbox: [10, 20, 30, 8],
    area: 200,
    iscrowd: 0,
    ...parts,
  }
}

/** Writes an image of one colour. */
export async function writeImage(
  file: string,
  [height, width]: readonly [number, number],
  [r, g, b]: readonly [number, number, number] = [200, 100, 50],
): Promise<string> {
  await sharp({ create: { width, height, channels: 3, background: { r, g, b } } }).toFile(file)
  return file
}
