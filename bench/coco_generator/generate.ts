import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Random } from '../../random/random.js'
import { writeAnnotationFile } from './annotation_file.js'
import { detectScene } from './detect.js'
import { type ResultKind, writeResultsFile } from './results_file.js'
import { drawImage, drawScene, type Scene, type SceneImage } from './scene.js'
import { BENCHMARK } from './statistics.js'

/** About what an image and its objects take in the annotation file. */
const BYTES_PER_IMAGE = 5000

const HERE = fileURLToPath(new URL('.', import.meta.url))
const CACHE = fileURLToPath(new URL('../../.cache/coco/', import.meta.url))

export interface DataSetOptions {
  images: number
  objects: number
  detections: number
  seed: number
  /** The annotation file is made at least this long; 0 for no least length. */
  bytes: number
}

export interface WrittenFile {
  path: string
  /** Annotations or results in it. */
  count: number
}

/** What is not given follows from the rest, in the proportions of val2017. */
export function completeOptions(given: Partial<DataSetOptions>): DataSetOptions {
  const { bytes = 0, seed = 0 } = given
  const images = given.images ?? (bytes > 0 ? Math.ceil(bytes / BYTES_PER_IMAGE) : 5000)
  const { objects = Math.round(7.34 * images), detections = 100 * images } = given
  return { images, objects, detections, seed, bytes }
}

/**
 * Makes the annotation file for results of one kind, or finds the one that an earlier call made.
 *
 * @param out its folder. Without it, a folder of the cache, named by the options and by this
 *   generator's source.
 */
export function annotationFile(
  kind: ResultKind,
  options: DataSetOptions,
  out?: string,
): WrittenFile {
  const name = kind === 'keypoints' ? 'person_keypoints' : 'instances'
  return fileIn(out, options, name, (path) =>
    writeAnnotationFile(path, {
      images: images(options),
      scenesOf: (round) => scenes(options, round),
      keypoints: kind === 'keypoints',
      bytes: options.bytes,
    }),
  )
}

/** Makes the results file of one kind, as `annotationFile`. */
export function resultsFile(kind: ResultKind, options: DataSetOptions, out?: string): WrittenFile {
  return fileIn(out, options, `results_${kind}`, (path) =>
    writeResultsFile(path, kind, detected(options)),
  )
}

/** Has a file written, or finds it in the cache. @param write returns how many entries it wrote. */
function fileIn(
  out: string | undefined,
  options: DataSetOptions,
  name: string,
  write: (path: string) => number,
): WrittenFile {
  const folder = out ?? join(CACHE, keyOf(options))
  const path = join(folder, `${name}.json`)
  const note = join(folder, `${name}.count`)
  const isKept = out === undefined
  if (isKept && existsSync(note)) return { path, count: Number(readFileSync(note, 'utf8')) }
  mkdirSync(folder, { recursive: true })
  const count = write(path)
  if (isKept) writeFileSync(note, String(count))
  return { path, count }
}

function* images({ seed, images: count }: DataSetOptions): Generator<SceneImage> {
  for (let index = 0; index < count; index++)
    yield drawImage({ seed, index, statistics: BENCHMARK })
}

/** @param round 0 for the data set; others have the same images with other objects. */
function* scenes({ seed, images, objects }: DataSetOptions, round: number): Generator<Scene> {
  let total = 0
  for (const weight of crowdedness(seed, images)) total += weight
  let [sum, drawn, index] = [0, 0, 0]
  for (const weight of crowdedness(seed, images)) {
    sum += weight
    const count = Math.round((objects * sum) / total) - drawn
    drawn += count
    yield drawScene({ seed, index, round, objects: count, statistics: BENCHMARK })
    index++
  }
}

/** How much is in each image: a long tail, as COCO's. */
function* crowdedness(seed: number, images: number): Generator<number> {
  const random = new Random('crowdedness', seed)
  for (let i = 0; i < images; i++) yield 0.08 - Math.log(1 - random.uniform())
}

function* detected(options: DataSetOptions) {
  const { images, detections, seed } = options
  let index = 0
  for (const scene of scenes(options, 0)) {
    const [from, to] = [index, index + 1].map((i) => Math.floor((detections * i) / images))
    yield { scene, detections: detectScene(seed, scene, to - from) }
    index++
  }
}

function keyOf(options: DataSetOptions): string {
  const hash = createHash('sha256').update(JSON.stringify(options))
  for (const name of readdirSync(HERE).sort()) hash.update(readFileSync(join(HERE, name)))
  return `${options.images}-${hash.digest('hex').slice(0, 12)}`
}
