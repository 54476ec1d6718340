import { readFile } from 'node:fs/promises'
import { DataError } from '../errors.js'
import { findJsonError } from '../packages/pycocotools-js/source/index.js'

/** COCO numbers its images and annotations; other files name them. */
export type CocoId = number | string

export interface CocoImage {
  id: CocoId
  file_name: string
  /** Image pixels, as stored in the file: EXIF orientation is not applied. */
  width: number
  height: number
}

/** A run-length encoded mask; `counts` is a list, or COCO's compressed string. */
export interface CocoRle {
  /** `[height, width]`. */
  size: [number, number]
  counts: number[] | string
}

export interface CocoAnnotation {
  id: CocoId
  image_id: CocoId
  category_id: number
  /** `x y width height`, image pixels. */
  bbox: [number, number, number, number]
  /** Pixels of the object, by its segmentation. */
  area: number
  /** 1 where the annotation covers a group of objects; absent reads as 0. */
  iscrowd?: 0 | 1
  /** Polygons `x1 y1 x2 y2 ...`, or a run-length encoded mask. */
  segmentation?: number[][] | CocoRle
  /** Not COCO's own: truthy where an object is to be left out of training. */
  ignore?: number | boolean
}

export interface CocoCategory {
  id: number
  name: string
  supercategory?: string
}

/** A parsed annotation file; other keys, such as `licenses`, are kept as they are. */
export interface CocoJson {
  info?: unknown
  images: CocoImage[]
  annotations: CocoAnnotation[]
  categories: CocoCategory[]
}

const REPAIR = 'repair it, or set data.skipInvalid=true'

/**
 * Reads and checks an annotation file. Every fault is a `DataError` that names the entry.
 *
 * @param skipInvalid drops annotations that cannot be used, where the default is to refuse the file.
 */
export async function readCocoJson(file: string, skipInvalid = false): Promise<CocoJson> {
  return (await readCocoFile(file, skipInvalid)).json
}

/** `readCocoJson`, and how many annotations `skipInvalid` dropped. */
export async function readCocoFile(
  file: string,
  skipInvalid = false,
): Promise<{ json: CocoJson; invalid: number }> {
  const parsed = parseJson(file, await readText(file))
  if (!isRecord(parsed)) {
    throw new DataError(file, 'holds no object', 'give a COCO annotation file')
  }
  for (const key of ['images', 'annotations', 'categories']) {
    if (Array.isArray(parsed[key]) && parsed[key].every(isRecord)) continue
    const what = key in parsed ? `'${key}' is not a list of objects` : `has no list '${key}'`
    throw new DataError(file, what, 'give a COCO annotation file (instances)')
  }
  const json = parsed as unknown as CocoJson
  checkCategories(file, json.categories)
  checkImages(file, json.images)
  const annotations = validAnnotations(file, json, skipInvalid)
  const invalid = json.annotations.length - annotations.length
  return { json: invalid === 0 ? json : { ...json, annotations }, invalid }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const code = isRecord(error) ? error.code : undefined
    if (code === 'ENOENT') {
      throw new DataError(
        file,
        'no such file',
        'set annFile of data.train or data.val to a COCO annotation file',
      )
    }
    if (code === 'ERR_STRING_TOO_LONG' || code === 'ERR_FS_FILE_TOO_LARGE') {
      throw new DataError(file, 'is larger than the 512 MB that can be read', 'split the file')
    }
    throw new DataError(
      file,
      `cannot be read (${String(code)})`,
      'set annFile of data.train or data.val to a readable file',
    )
  }
}

function parseJson(file: string, text: string): unknown {
  const body = text.startsWith('\uFEFF') ? text.slice(1) : text
  try {
    return JSON.parse(body)
  } catch {
    const fault = findJsonError(body)
    if (fault === null) throw new DataError(file, 'cannot be parsed', 'write it again')
    const { line, column, found, expected } = fault
    const what = `is not JSON at line ${line}, column ${column}: found ${found}, expected ${expected}`
    throw new DataError(file, what, 'repair or copy it again')
  }
}

function checkCategories(file: string, categories: readonly CocoCategory[]): void {
  const ids = new Set<number>()
  const names = new Set<string>()
  for (const { id, name } of categories) {
    if (typeof id !== 'number' || typeof name !== 'string') {
      const entry = JSON.stringify({ id, name })
      throw new DataError(file, `category ${entry} lacks a number id or a name`, 'repair it')
    }
    if (ids.has(id)) throw new DataError(file, `two categories have id ${id}`, 'remove one')
    if (names.has(name))
      throw new DataError(file, `two categories are called '${name}'`, 'rename one')
    ids.add(id)
    names.add(name)
  }
}

function checkImages(file: string, images: readonly CocoImage[]): void {
  const ids = new Set<CocoId>()
  for (const { id, file_name, width, height } of images) {
    if (!isId(id)) throw new DataError(file, `image '${file_name}' has no id`, 'give it one')
    if (ids.has(id)) throw new DataError(file, `two images have id ${id}`, 'renumber one')
    if (typeof file_name !== 'string') {
      throw new DataError(file, `image ${id} has no file_name`, 'give it one')
    }
    for (const [side, pixels] of Object.entries({ width, height })) {
      if (Number.isInteger(pixels) && pixels > 0) continue
      throw new DataError(file, `image ${id} has a ${side} of ${pixels}`, 'give it in pixels')
    }
    ids.add(id)
  }
}

function validAnnotations(file: string, json: CocoJson, skipInvalid: boolean): CocoAnnotation[] {
  const known: KnownIds = {
    images: new Set(json.images.map((image) => image.id)),
    categories: new Set(json.categories.map((category) => category.id)),
    annotations: new Set(),
  }
  return json.annotations.filter((annotation, index) => {
    const fault = annotationFault(annotation, known)
    if (fault !== undefined && !skipInvalid) {
      const name = isId(annotation.id) ? `annotation ${annotation.id}` : `annotations[${index}]`
      throw new DataError(file, `${name} ${fault}`, REPAIR)
    }
    if (fault === undefined) known.annotations.add(annotation.id)
    return fault === undefined
  })
}

interface KnownIds {
  images: ReadonlySet<CocoId>
  categories: ReadonlySet<number>
  /** Of the annotations before. */
  annotations: Set<CocoId>
}

/** What makes an annotation unusable. Boxes of no width are not: training and evaluation have rules for them. */
function annotationFault(
  { id, image_id, category_id, bbox, area }: CocoAnnotation,
  known: KnownIds,
): string | undefined {
  if (!isId(id)) return 'has no id'
  if (known.annotations.has(id)) return 'has the id of an annotation before it'
  if (!known.images.has(image_id)) return `has image_id ${image_id}, which no image has`
  if (!known.categories.has(category_id))
    return `has category_id ${category_id}, which no category has`
  if (!Array.isArray(bbox) || bbox.length !== 4) return 'has no box of four numbers'
  for (const [i, name] of ['x', 'y', 'width', 'height'].entries()) {
    if (!Number.isFinite(bbox[i])) return `has a box of ${name} ${bbox[i]}`
    if (i >= 2 && bbox[i] < 0) return `has a box of ${name} ${bbox[i]}`
  }
  if (!Number.isFinite(area)) return `has an area of ${area}`
  return undefined
}

function isId(value: unknown): value is CocoId {
  return Number.isFinite(value) || typeof value === 'string'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
