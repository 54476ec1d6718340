import {
  AnnotationsById,
  AnnotationsByImage,
  ImagesByCategory,
} from './annotations/annotation_maps.js'
import type { AnnotationRows } from './annotations/annotation_rows.js'
import { annotateResults } from './annotations/load_results.js'
import { ObjectRows } from './annotations/object_rows.js'
import { RowIndex } from './annotations/row_index.js'
import { CocoError } from './errors.js'
import { isId, showId } from './ids.js'
import { readJson } from './json/read_json.js'
import type {
  CocoAnnotation,
  CocoCategory,
  CocoDataset,
  CocoImage,
  CocoResult,
  Id,
} from './types.js'
import { warnOnce } from './warn_once.js'

type OneOrMany<T> = T | readonly T[]

/** An empty or missing list does not filter. */
export interface AnnotationFilter {
  imgIds?: OneOrMany<Id>
  catIds?: OneOrMany<Id>
  /** `[low, high]`, pixels, both ends excluded. */
  areaRng?: readonly number[]
  /** True or 1: crowds only; false or 0: all but crowds; null: both. */
  iscrowd?: boolean | number | null
}

/** An empty or missing list does not filter. */
export interface CategoryFilter {
  /** Names. One string instead of a list also selects categories whose name is *part* of it (pycocotools). */
  catNms?: string | readonly string[]
  /** Supercategory names, as `catNms`. */
  supNms?: string | readonly string[]
  catIds?: OneOrMany<Id>
}

/** An empty or missing list does not filter. */
export interface ImageFilter {
  imgIds?: OneOrMany<Id>
  /** Images that have an annotation of each of these. */
  catIds?: OneOrMany<Id>
}

/** A data set in COCO format, with indices. The objects are those of the file: they are not copied. */
export class COCO {
  /** Of a COCO read from a file, without its annotations, which are in `rows`. */
  dataset: CocoDataset
  /** The file, or what stands for it in messages. */
  readonly name: string
  /** The annotations by row, in file order. */
  rows!: AnnotationRows
  anns!: AnnotationsById
  cats!: Map<Id, CocoCategory>
  imgs!: Map<Id, CocoImage>
  imgToAnns!: AnnotationsByImage
  /** Images of each category, once for every annotation. */
  catToImgs!: ImagesByCategory
  private index!: RowIndex
  private readonly fileRows: AnnotationRows | undefined

  /**
   * @param dataset a parsed annotation file; kept, not copied.
   * @param name where errors say they are.
   * @param fileRows the annotations, where they were read into columns and `dataset` has none.
   */
  constructor(dataset: CocoDataset = {}, name = 'dataset', fileRows?: AnnotationRows) {
    this.dataset = dataset
    this.name = name
    this.fileRows = fileRows
    this.createIndex()
  }

  /** Reads an annotation file (Node only). */
  static async load(path: string): Promise<COCO> {
    return new COCO((await readJson(path)) as CocoDataset, path)
  }

  /** Fills the maps from `dataset`. Of two entries with one id, the last is found under it. */
  createIndex(): void {
    const { dataset, name } = this
    if (typeof dataset !== 'object' || dataset === null || Array.isArray(dataset))
      throw new CocoError(
        name,
        'does not hold an object',
        'an annotation file is { images, annotations, categories }; load results with loadRes',
      )
    this.imgs = indexById<CocoImage>(dataset, 'images', name)
    this.cats = indexById<CocoCategory>(dataset, 'categories', name)
    const hasCategories = dataset.categories !== undefined
    this.rows =
      dataset.annotations === undefined && this.fileRows
        ? this.fileRows
        : checkedRows(listOf(dataset, 'annotations', name), hasCategories, name)
    this.index = new RowIndex(this.rows)
    this.anns = new AnnotationsById(this.rows, this.index)
    this.imgToAnns = new AnnotationsByImage(this.rows, this.index)
    this.catToImgs = new ImagesByCategory(this.rows, hasCategories)
  }

  /** Ids of the annotations that pass every filter: image by image in the order of `imgIds`, else in file order. */
  getAnnIds(filter: AnnotationFilter = {}): Id[] {
    return Array.from(this.filteredRows(filter), (row) => this.rows.id(row))
  }

  /** As `getAnnIds`, but row numbers; of rows with one id, the last stands for all. */
  selectRows(filter: AnnotationFilter): Int32Array {
    return this.filteredRows(filter).map((row) => this.index.rowOf(this.rows.id(row))!)
  }

  private filteredRows(filter: AnnotationFilter): Int32Array {
    const { imgIds = [], catIds = [], areaRng = [], iscrowd = null } = filter
    const { rows, index, name } = this
    const images = listed(imgIds)
    const categories = new Set(listed(catIds))
    let found =
      images.length > 0
        ? joined(images.map((id) => index.rowsOf(id)))
        : Int32Array.from({ length: this.requiredRows().length }, (_, row) => row)
    if (categories.size > 0)
      found = found.filter((row) => {
        const categoryId = rows.categoryId(row)
        if (categoryId === undefined) requireField(name, rows.at(row), 'category_id')
        return categories.has(categoryId!)
      })
    if (areaRng.length > 0)
      found = found.filter((row) => {
        const area = rows.area(row)
        if (Number.isNaN(area)) requireField(name, rows.at(row), 'area')
        return area > areaRng[0] && area < areaRng[1]
      })
    if (iscrowd !== null)
      found = found.filter((row) => {
        const crowd = rows.iscrowd(row)
        if (Number.isNaN(crowd)) requireField(name, rows.at(row), 'iscrowd')
        return crowd === Number(iscrowd)
      })
    return found
  }

  /** Ids of the categories that pass every filter, in file order. */
  getCatIds({ catNms = [], supNms = [], catIds = [] }: CategoryFilter = {}): Id[] {
    const ids = new Set(listed(catIds))
    const named = (cat: CocoCategory, key: 'name' | 'supercategory'): string => {
      const name = cat[key]
      if (name !== undefined) return name
      throw new CocoError(this.name, `category ${showId(cat.id)} has no ${key}`, 'give it one')
    }
    return this.required('categories')
      .filter((cat) => catNms.length === 0 || isAmong(catNms, named(cat, 'name'), 'catNms'))
      .filter(
        (cat) => supNms.length === 0 || isAmong(supNms, named(cat, 'supercategory'), 'supNms'),
      )
      .filter((cat) => ids.size === 0 || ids.has(cat.id))
      .map((cat) => cat.id)
  }

  /** Ids of the images that pass every filter, each once. `imgIds` alone is given back, known or not (pycocotools). */
  getImgIds({ imgIds = [], catIds = [] }: ImageFilter = {}): Id[] {
    const images = listed(imgIds)
    const categories = listed(catIds)
    if (images.length === 0 && categories.length === 0) return [...this.imgs.keys()]
    const withCategory = categories.map((id) => new Set(this.catToImgs.get(id)))
    const candidates = images.length > 0 ? new Set(images) : withCategory[0]
    return [...candidates].filter((id) => withCategory.every((withIt) => withIt.has(id)))
  }

  loadAnns(ids: OneOrMany<Id> = []): CocoAnnotation[] {
    return lookUp(this.anns, ids, 'loadAnns', `${this.name} has no annotation`)
  }

  loadCats(ids: OneOrMany<Id> = []): CocoCategory[] {
    return lookUp(this.cats, ids, 'loadCats', `${this.name} has no category`)
  }

  loadImgs(ids: OneOrMany<Id> = []): CocoImage[] {
    return lookUp(this.imgs, ids, 'loadImgs', `${this.name} has no image`)
  }

  /**
   * Detections as a data set of their own, with this one's images and categories.
   *
   * @param results box results: a parsed file, which is copied, or a path (Node only).
   */
  loadRes(results: readonly CocoResult[]): COCO
  loadRes(results: string): Promise<COCO>
  loadRes(results: readonly CocoResult[] | string): COCO | Promise<COCO> {
    if (typeof results === 'string')
      return readJson(results).then((parsed) => this.withResults(parsed, results))
    const copies = Array.isArray(results) ? results.map((result) => copyOf(result)) : results
    return this.withResults(copies, 'results')
  }

  private withResults(results: unknown, name: string): COCO {
    const images = [...this.required('images')]
    const annotations = annotateResults(results, this, name)
    const categories = structuredClone(this.required('categories'))
    const info = structuredClone(this.dataset.info ?? {})
    return new COCO({ info, images, categories, annotations }, name)
  }

  private requiredRows(): AnnotationRows {
    if (!this.fileRows) this.required('annotations')
    return this.rows
  }

  private required<K extends 'images' | 'annotations' | 'categories'>(
    key: K,
  ): NonNullable<CocoDataset[K]> {
    const list = this.dataset[key]
    if (list === undefined)
      throw new CocoError(this.name, `has no ${key}`, `give the file a list of ${key}`)
    return list
  }
}

function copyOf(result: CocoResult): CocoResult {
  return typeof result === 'object' && result !== null ? { ...result } : result
}

function indexById<T extends { id: Id }>(
  dataset: CocoDataset,
  key: string,
  name: string,
): Map<Id, T> {
  const index = new Map<Id, T>()
  for (const [i, entry] of listOf<T>(dataset, key, name).entries())
    index.set(checkId(entry, 'id', `${key}[${i}]`, name), entry)
  return index
}

function listOf<T>(dataset: CocoDataset, key: string, name: string): T[] {
  const list = dataset[key] ?? []
  if (!Array.isArray(list))
    throw new CocoError(name, `${key} is not an array`, `give it a list of ${key}`)
  return list
}

/** @param where the entry's place in the file, such as `annotations[3]`. */
function checkId(entry: unknown, key: string, where: string, name: string): Id {
  if (typeof entry !== 'object' || entry === null)
    throw new CocoError(name, `${where} is not an object`, 'repair it or leave it out')
  const id = (entry as Record<string, unknown>)[key]
  if (id === undefined)
    throw new CocoError(name, `${where} has no ${key}`, 'repair it or leave it out')
  if (!isId(id))
    throw new CocoError(
      name,
      `${where} has the ${key} ${JSON.stringify(id)}`,
      'an id is text or a number within 2^53',
    )
  return id
}

function listed<T extends Id>(values: OneOrMany<T>): readonly T[] {
  return Array.isArray(values) ? values : [values as T]
}

function lookUp<T>(
  index: { get(id: Id): T | undefined },
  ids: OneOrMany<Id>,
  where: string,
  missing: string,
): T[] {
  return listed(ids).map((id) => {
    const entry = index.get(id)
    if (entry === undefined)
      throw new CocoError(where, `${missing} ${showId(id)}`, 'use ids that get...Ids() gives')
    return entry
  })
}

/** @throws CocoError where the annotation lacks the key. */
function requireField(
  name: string,
  annotation: CocoAnnotation,
  key: 'category_id' | 'area' | 'iscrowd',
): void {
  if (annotation[key] === undefined)
    throw new CocoError(
      name,
      `annotation ${showId(annotation.id)} has no ${key}`,
      'give it one, or do not filter by it',
    )
}

/** The user's objects, each with the ids it needs. */
function checkedRows(
  annotations: CocoAnnotation[],
  hasCategories: boolean,
  name: string,
): ObjectRows {
  for (const [i, annotation] of annotations.entries()) {
    const where = `annotations[${i}]`
    checkId(annotation, 'id', where, name)
    checkId(annotation, 'image_id', where, name)
    if (hasCategories) checkId(annotation, 'category_id', where, name)
  }
  return new ObjectRows(annotations)
}

function joined(parts: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let end = 0
  for (const part of parts) {
    all.set(part, end)
    end += part.length
  }
  return all
}

/** Membership in a list, or, for a single string, being a part of it. */
function isAmong(names: string | readonly string[], name: string, filter: string): boolean {
  if (typeof names === 'string' && names !== name && names.includes(name))
    warnOnce(
      'part of a name',
      `getCatIds({ ${filter}: '${names}' }) also selects '${name}', which is a part of it, as in pycocotools; give a list of names`,
    )
  return names.includes(name)
}
