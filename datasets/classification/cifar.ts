import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { parseTar } from 'nanotar'
import { DataError } from '../../errors.js'
import type { RgbPicture } from '../pixels/rgb.js'
import { readCifarPickle, textList } from './cifar_pickle.js'
import type { LabelledImages } from './labelled_images.js'

/** Height and width of the pictures. */
const SIDE = 32
/** Bytes of a picture: all red values, row by row, then green, then blue. */
const PICTURE = SIDE * SIDE * 3

/** How an archive is made up. */
interface Layout {
  /** Files of the two splits. */
  train: readonly string[]
  val: readonly string[]
  /** Pictures of each file of `train`. */
  trainPictures: number
  /** File with the names of the classes. */
  names: string
  /** Key of the labels in files of Python. */
  labels: string
  /** Key of the names in files of Python. */
  nameList: string
  /** Bytes before each picture in binary files, of which the last is the label. */
  labelBytes: number
}

const BATCHES = [1, 2, 3, 4, 5].map((number) => `data_batch_${number}`)
const TEST_PICTURES = 10_000

/**
 * The archives as they are downloaded, by their names there.
 *
 * Source: https://www.cs.toronto.edu/~kriz/cifar.html
 */
const LAYOUTS: Readonly<Record<string, Layout>> = {
  'cifar-10-python': {
    train: BATCHES,
    val: ['test_batch'],
    trainPictures: 10_000,
    names: 'batches.meta',
    labels: 'labels',
    nameList: 'label_names',
    labelBytes: 0,
  },
  'cifar-10-binary': {
    train: BATCHES.map((name) => `${name}.bin`),
    val: ['test_batch.bin'],
    trainPictures: 10_000,
    names: 'batches.meta.txt',
    labels: '',
    nameList: '',
    labelBytes: 1,
  },
  'cifar-100-python': {
    train: ['train'],
    val: ['test'],
    trainPictures: 50_000,
    names: 'meta',
    labels: 'fine_labels',
    nameList: 'fine_label_names',
    labelBytes: 0,
  },
  'cifar-100-binary': {
    train: ['train.bin'],
    val: ['test.bin'],
    trainPictures: 50_000,
    names: 'fine_label_names.txt',
    labels: '',
    nameList: '',
    labelBytes: 2,
  },
}

export interface CifarOptions {
  /** Keeps the first pictures of each class only. @default all are kept */
  limitPerClass?: number
}

/** Labels and pictures of one file, or of several after each other. */
interface Rows {
  labels: number[]
  /** `[n, 3, 32, 32]`. */
  pixels: Uint8Array
}

/**
 * Reads CIFAR-10 or CIFAR-100 (with its fine labels) from its archive as it was downloaded: the
 * `.tar.gz`, or the `.tar`, for Python or of binary files. The pictures are kept in memory.
 *
 * @throws DataError for an archive that is cut short or lacks files.
 */
export async function readCifar(
  archive: string,
  split: 'train' | 'val',
  { limitPerClass = Number.POSITIVE_INFINITY }: CifarOptions = {},
): Promise<LabelledImages> {
  const files = await readArchive(archive)
  const layout = layoutOf(archive, files)
  const classes = classNames(archive, files, layout)
  const expected = split === 'train' ? layout.trainPictures : TEST_PICTURES
  const rows = layout[split].map((name) => {
    const found = rowsOf(archive, contentOf(archive, files, name), { layout, name })
    requireRows(`${archive}/${name}`, found, { expected, classes })
    return found
  })
  const counts = classes.map(() => 0)
  const kept = rows.flatMap(({ labels, pixels }, file) =>
    labels.flatMap((label, row) => {
      if (counts[label]++ >= limitPerClass) return []
      const name = `${archive}/${layout[split][file]}#${row}`
      const picture = pixels.subarray(row * PICTURE, (row + 1) * PICTURE)
      return [{ image: { file: name, label }, picture }]
    }),
  )
  return {
    source: archive,
    classes,
    images: kept.map(({ image }) => image),
    pictures: (index) => rgbOf(kept[index].picture),
  }
}

/** The files of an archive by the last part of their names. */
async function readArchive(archive: string): Promise<Map<string, Uint8Array>> {
  const stored: Uint8Array = await readFile(archive).catch((error: NodeJS.ErrnoException) => {
    throw new DataError(
      archive,
      `cannot be read (${error.code})`,
      'get it from https://www.cs.toronto.edu/~kriz/cifar.html, or set data.archive',
    )
  })
  const isCompressed = stored[0] === 0x1f && stored[1] === 0x8b
  const bytes = isCompressed ? await uncompressed(archive, stored) : stored
  try {
    const entries = parseTar(bytes)
    return new Map(entries.flatMap(({ name, data }) => (data ? [[basename(name), data]] : [])))
  } catch {
    throw new DataError(archive, 'is no tar archive', 'download it again')
  }
}

async function uncompressed(archive: string, stored: Uint8Array): Promise<Uint8Array> {
  try {
    return await promisify(gunzip)(stored)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new DataError(archive, `is cut short or damaged (${code})`, 'download it again')
  }
}

function layoutOf(archive: string, files: ReadonlyMap<string, Uint8Array>): Layout {
  const layout = Object.values(LAYOUTS).find(({ names }) => files.has(names))
  if (layout) return layout
  const known = Object.keys(LAYOUTS).map((name) => `${name}.tar.gz`)
  const what = 'holds neither CIFAR-10 nor CIFAR-100'
  throw new DataError(archive, what, `use one of ${known.join(', ')}`)
}

function contentOf(
  archive: string,
  files: ReadonlyMap<string, Uint8Array>,
  name: string,
): Uint8Array {
  const content = files.get(name)
  if (content) return content
  throw new DataError(archive, `has no file ${name}`, 'download it again')
}

function classNames(
  archive: string,
  files: ReadonlyMap<string, Uint8Array>,
  { names, nameList }: Layout,
): string[] {
  const content = contentOf(archive, files, names)
  if (nameList === '') {
    return new TextDecoder()
      .decode(content)
      .split(/\r?\n/)
      .filter((line) => line !== '')
  }
  const list = textList(readCifarPickle(`${archive}/${names}`, content).get(nameList))
  if (list) return list
  throw new DataError(`${archive}/${names}`, `has no list ${nameList}`, 'download it again')
}

function rowsOf(
  archive: string,
  content: Uint8Array,
  { layout, name }: { layout: Layout; name: string },
): Rows {
  const { labelBytes, labels: key } = layout
  if (labelBytes > 0) {
    const row = labelBytes + PICTURE
    const count = Math.floor(content.length / row)
    const pixels = new Uint8Array(count * PICTURE)
    const labels = Array.from({ length: count }, (_, i) => {
      pixels.set(content.subarray(i * row + labelBytes, (i + 1) * row), i * PICTURE)
      return content[i * row + labelBytes - 1]
    })
    return { labels, pixels }
  }
  const values = readCifarPickle(`${archive}/${name}`, content)
  const [labels, pixels] = [values.get(key), values.get('data')]
  if (Array.isArray(labels) && pixels instanceof Uint8Array) {
    return { labels: labels as number[], pixels: pixels.slice() } // without the rest of the archive
  }
  throw new DataError(`${archive}/${name}`, `has no ${key} and data`, 'download it again')
}

function requireRows(
  where: string,
  { labels, pixels }: Rows,
  { expected, classes }: { expected: number; classes: readonly string[] },
): void {
  const again = 'download it again'
  if (labels.length !== expected || pixels.length !== expected * PICTURE) {
    const what = `has ${labels.length} labels and ${pixels.length / PICTURE} pictures, not ${expected}`
    throw new DataError(where, what, again)
  }
  const wrong = labels.findIndex((label) => !(label in classes))
  if (wrong < 0) return
  const what = `has the label ${labels[wrong]} at ${wrong}, of ${classes.length} classes`
  throw new DataError(where, what, again)
}

/** Colours of each pixel together. */
function rgbOf(planes: Uint8Array): RgbPicture {
  const pixels = new Uint8Array(PICTURE)
  const plane = SIDE * SIDE
  for (let i = 0; i < plane; i++) {
    pixels[3 * i] = planes[i]
    pixels[3 * i + 1] = planes[plane + i]
    pixels[3 * i + 2] = planes[2 * plane + i]
  }
  return { pixels, size: [SIDE, SIDE] }
}
