import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { DataError } from '../../errors.js'
import { Random } from '../../random/random.js'
import { fileNameOf, writeAnnotationFile } from './annotation_file.js'
import { COCO_2017, COCO_SPLITS, objectCounts } from './coco_2017.js'
import type { WrittenFile } from './generate.js'
import { PictureLinks } from './picture_links.js'
import { drawImage, drawScene, type SceneImage } from './scene.js'

/** Raised with every change to what is made. */
const VERSION = 1
/** What was made, and whether all of it. */
const NOTE = 'made_by_coco_size.json'
const PICTURES = 'pictures'

export interface CocoSizeOptions {
  /** Images of train2017. */
  trainImages: number
  /** Images of val2017. */
  valImages: number
  seed: number
}

export interface CocoSizeFiles {
  annotations: WrittenFile[]
  /** Different pictures that the files are links to. */
  pictures: number
  /** Files that could not be links. */
  copies: number
}

interface Note {
  version: number
  options: CocoSizeOptions
  /** Null until all is made. */
  files: CocoSizeFiles | null
}

/** Images of a split in the order of its file. */
interface Split {
  folder: string
  images: SceneImage[]
  /** Objects of each image. */
  counts: Uint8Array
  /** Index of its first image among those of both splits. */
  start: number
}

/**
 * Makes a data set in the layout of COCO 2017 as it is unpacked:
 * `annotations/instances_{train,val}2017.json`, `train2017/*.jpg` and `val2017/*.jpg`. Images,
 * objects and their shapes are spread as COCO's. Many files show the same picture, and are hard
 * links to it. The same options give the same bytes.
 *
 * @param folder a new or empty one. Where the same data set is in it already, nothing is done.
 * @param say takes what is being done.
 */
export async function makeCocoSize(
  folder: string,
  options: CocoSizeOptions,
  say: (line: string) => void,
): Promise<CocoSizeFiles> {
  const found = readNote(folder, options)
  if (found?.files) return found.files
  writeNote(folder, { version: VERSION, options, files: null })

  const { trainImages, valImages, seed } = options
  const splits = [
    drawSplit('train', { count: trainImages, start: 0, seed }),
    drawSplit('val', { count: valImages, start: trainImages, seed }),
  ]
  const pictures = join(folder, PICTURES)
  const links = new PictureLinks(pictures, seed)
  for (const split of splits) {
    say(`${split.folder}: ${split.images.length} pictures`)
    mkdirSync(join(folder, split.folder), { recursive: true })
    for (const [i, { imageId, width, height }] of split.images.entries()) {
      const file = join(folder, split.folder, fileNameOf(imageId))
      await links.add(file, [width, height], split.start + i)
    }
  }
  rmSync(pictures, { recursive: true, force: true })

  mkdirSync(join(folder, 'annotations'), { recursive: true })
  const annotations = splits.map((split) => {
    const path = join(folder, 'annotations', `instances_${split.folder}.json`)
    say(`${path}: ${split.counts.reduce((sum, count) => sum + count, 0)} objects`)
    return { path, count: writeSplit(path, split, seed) }
  })
  const files = { annotations, pictures: links.pictures, copies: links.copies }
  writeNote(folder, { version: VERSION, options, files })
  return files
}

/** The images of a split, and how full they are, in the proportions of COCO. */
function drawSplit(
  name: 'train' | 'val',
  { count, start, seed }: { count: number; start: number; seed: number },
): Split {
  const { images, empty, objects } = COCO_SPLITS[name]
  const part = count / images
  return {
    folder: `${name}2017`,
    start,
    images: Array.from({ length: count }, (_, i) =>
      drawImage({ seed, index: start + i, statistics: COCO_2017 }),
    ),
    counts: objectCounts(new Random('object counts', seed, name), {
      images: count,
      empty: Math.round(part * empty),
      objects: Math.round(part * objects),
    }),
  }
}

/** @returns how many annotations there are. */
function writeSplit(path: string, { folder, images, counts, start }: Split, seed: number): number {
  function* scenesOf(round: number) {
    for (const [i, objects] of counts.entries()) {
      yield drawScene({ seed, index: start + i, round, objects, statistics: COCO_2017 })
    }
  }
  return writeAnnotationFile(path, { images, scenesOf, keypoints: false, bytes: 0, folder })
}

/** What an earlier call left. @throws DataError where the folder holds anything else. */
function readNote(folder: string, options: CocoSizeOptions): Note | undefined {
  if (!existsSync(folder)) return undefined
  const entries = readdirSync(folder)
  if (entries.length === 0) return undefined
  const path = join(folder, NOTE)
  if (!entries.includes(NOTE)) {
    const what = `holds something else (${entries.slice(0, 3).join(', ')})`
    throw new DataError(folder, what, 'give a new or an empty folder')
  }
  const note = JSON.parse(readFileSync(path, 'utf8')) as Note
  if (note.version !== VERSION || !isDeepStrictEqual(note.options, options)) {
    const what = `holds a data set that was made with ${JSON.stringify(note.options)}`
    throw new DataError(folder, what, 'remove it, or give another folder')
  }
  return note
}

function writeNote(folder: string, note: Note): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, NOTE), `${JSON.stringify(note, null, 2)}\n`)
}
