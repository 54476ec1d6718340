import {
  AnnotationsById,
  AnnotationsByImage,
  ImagesByCategory,
} from './annotations/annotation_maps.js'
import { annotationRle } from './annotations/annotation_mask.js'
import type { AnnotationRows } from './annotations/annotation_rows.js'
import type { AnnotationTable } from './annotations/annotation_table.js'
import { type ResultArray, tableOfArray } from './annotations/array_results.js'
import {
  checkAnnotation,
  checkDataset,
  checkIds,
  checkResult,
  indexById,
  listOf,
} from './annotations/check_dataset.js'
import { CompletedRows, countDefaults } from './annotations/completed_rows.js'
import {
  type AnnotationDrawing,
  type DrawOptions,
  drawAnnotations,
} from './annotations/draw_annotations.js'
import {
  type AnnotationFilter,
  filterRows,
  listed,
  type OneOrMany,
} from './annotations/filter_rows.js'
import { addFound, type FoundResults, findResults } from './annotations/load_results.js'
import { ObjectRows } from './annotations/object_rows.js'
import {
  type LoadOptions,
  nameOfSource,
  readAnnotations,
  readResultFile,
} from './annotations/read_annotations.js'
import { ResultTable } from './annotations/result_table.js'
import { RowIndex } from './annotations/row_index.js'
import { CocoError } from './errors.js'
import { showId } from './ids.js'
import type { JsonSource } from './json/byte_source.js'
import { decode } from './mask/decode.js'
import type { BinaryMask, RLE } from './mask/rle.js'
import type {
  CocoAnnotation,
  CocoCategory,
  CocoDataset,
  CocoImage,
  CocoResult,
  Id,
} from './types.js'
import { warnOnce } from './warn_once.js'

/** An empty or missing list does not filter. */
export interface CategoryFilter {
  /**
   * Names. One string instead of a list also selects categories whose name is *part* of it
   * (pycocotools).
   */
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

export interface ResultOptions extends LoadOptions {
  /**
   * Takes an empty list, too, as of a detector that found nothing; pycocotools raises an error.
   * @default false
   */
  allowEmpty?: boolean
}

/**
 * A data set in COCO format, with indices. The objects are those of the file: they are not copied.
 */
export class COCO {
  /** Contents of a COCO read from a file, without its annotations, which are in `rows`. */
  dataset: CocoDataset
  /** The file, or what stands for it in messages. */
  readonly name: string
  /**
   * The annotations by row, in file order; with a default for the `id`, `area` and `iscrowd` that
   * one leaves out.
   */
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

  /**
   * Reads an annotation file of any size. Its annotations are kept as columns: `rows`, `anns` and
   * the like have them, and not `dataset.annotations`.
   *
   * @param source a path (Node 20.16 and later), a `URL`, a stream, `Blob`, `Response`, or the
   *   bytes.
   */
  static async load(source: JsonSource, options: LoadOptions = {}): Promise<COCO> {
    const { dataset, rows, hasAnnotations } = await readAnnotations(source, options)
    const name = nameOfSource(source, options, 'dataset')
    return new COCO(dataset, name, hasAnnotations ? rows : undefined)
  }

  /** Fills the maps from `dataset`. Of two entries with one id, the last is found under it. */
  createIndex(): void {
    const { dataset, name, fileRows } = this
    checkDataset(dataset, name)
    this.imgs = indexById<CocoImage>(dataset, 'images', name)
    this.cats = indexById<CocoCategory>(dataset, 'categories', name)
    const hasCategories = dataset.categories !== undefined
    const isFile = dataset.annotations === undefined && fileRows !== undefined
    const rows = isFile ? fileRows : objectRows(listOf(dataset, 'annotations', name), name)
    this.rows = isFile && isComplete(rows) ? rows : new CompletedRows(rows, this.imgs)
    checkIds(this.rows, hasCategories, name)
    this.index = new RowIndex(this.rows)
    if (!isFile) this.index.build() // the objects may change
    this.anns = new AnnotationsById(this.rows, this.index)
    this.imgToAnns = new AnnotationsByImage(this.rows, this.index)
    this.catToImgs = new ImagesByCategory(this.rows, hasCategories)
  }

  /**
   * Ids of the annotations that pass every filter: image by image in the order of `imgIds`, else in
   * file order.
   */
  getAnnIds(filter: AnnotationFilter = {}): Id[] {
    return Array.from(this.filteredRows(filter), (row) => this.rows.id(row))
  }

  /** As `getAnnIds`, but row numbers; of rows with one id, the last stands for all. */
  selectRows(filter: AnnotationFilter): Int32Array {
    const selected = this.filteredRows(filter)
    if (this.index.countOfIds === this.rows.length) return selected
    return selected.map((row) => this.index.rowOf(this.rows.id(row))!)
  }

  private filteredRows(filter: AnnotationFilter): Int32Array {
    const needsList = listed(filter.imgIds ?? []).length === 0
    if (needsList && !this.fileRows) this.required('annotations')
    return filterRows(filter, this.rows, this.index, this.name)
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

  /**
   * Ids of the images that pass every filter, each once. `imgIds` alone is given back, known or not
   * (pycocotools).
   */
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
   * Results as a data set of their own, with this one's images and categories. The first result
   * decides whether they are boxes, masks, keypoints or captions.
   *
   * @param results a parsed file, which is copied; an array `[N, 7]` of image id, x, y, width,
   * height, score, category id; or a results file as `load` takes it.
   */
  loadRes(results: readonly CocoResult[] | ResultArray, options?: ResultOptions): COCO
  loadRes(results: JsonSource, options?: ResultOptions): Promise<COCO>
  loadRes(
    results: readonly CocoResult[] | ResultArray | JsonSource,
    options: ResultOptions = {},
  ): COCO | Promise<COCO> {
    const { name = 'results' } = options
    if (isList(results)) return this.withObjects(results, name, options)
    if (isResultArray(results)) return this.withTable(tableOfArray(results, name), name, options)
    const file = nameOfSource(results, options, 'results')
    return readResultFile(results, file).then((table) => this.withTable(table, file, options))
  }

  /** The mask of an annotation as compressed run lengths: polygons are drawn and united. */
  annToRLE(annotation: CocoAnnotation): RLE<string> {
    return annotationRle(annotation, this.imgs, this.name)
  }

  /** The mask of an annotation pixel by pixel. */
  annToMask(annotation: CocoAnnotation): BinaryMask {
    return decode(this.annToRLE(annotation))
  }

  /** What to draw for annotations; drawing it is left to you. */
  showAnns(annotations: readonly CocoAnnotation[], options?: DrawOptions): AnnotationDrawing[] {
    const context = { imgs: this.imgs, cats: this.cats, where: this.name }
    return drawAnnotations(annotations, context, options)
  }

  private withObjects(results: readonly CocoResult[], name: string, options: ResultOptions): COCO {
    for (const [i, result] of results.entries()) checkResult(result, i, name)
    const annotations = results.map((result) => ({ ...result })) as CocoAnnotation[]
    const found = findResults(new ObjectRows(annotations), this, name, options)
    for (const [row, annotation] of annotations.entries()) addFound(annotation, row, found)
    return new COCO({ ...this.datasetOf(found, annotations), annotations }, name)
  }

  private withTable(table: AnnotationTable, name: string, options: ResultOptions): COCO {
    const found = findResults(table, this, name, options)
    return new COCO(this.datasetOf(found, table), name, new ResultTable(table, found))
  }

  /**
   * The data set that results belong to: with images that have captions only, and no categories, if
   * they are captions.
   */
  private datasetOf({ kind }: FoundResults, results: Iterable<CocoAnnotation>): CocoDataset {
    const info = structuredClone(this.dataset.info ?? {})
    const images = [...this.required('images')]
    if (kind !== 'caption')
      return { info, images, categories: structuredClone(this.required('categories')) }
    const withCaption = new Set(Array.from(results, ({ image_id }) => image_id))
    return { info, images: images.filter(({ id }) => withCaption.has(id)) }
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

function isList(results: unknown): results is readonly CocoResult[] {
  return Array.isArray(results)
}

function isResultArray(results: object | string): results is ResultArray {
  if (typeof results !== 'object' || results === null) return false
  return 'data' in results && 'shape' in results
}

/** Whether no annotation needs a default. Objects may change, so none is sure to stay complete. */
function isComplete(rows: AnnotationRows): boolean {
  return Object.values(countDefaults(rows)).every((count) => count === 0)
}

function objectRows(annotations: CocoAnnotation[], name: string): ObjectRows {
  for (const [i, annotation] of annotations.entries()) checkAnnotation(annotation, i, name)
  return new ObjectRows(annotations)
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

/** Membership in a list, or, for a single string, being a part of it. */
function isAmong(names: string | readonly string[], name: string, filter: string): boolean {
  if (typeof names === 'string' && names !== name && names.includes(name))
    warnOnce(
      'part of a name',
      `getCatIds({ ${filter}: '${names}' }) also selects '${name}', which is a part of it, as in pycocotools; give a list of names`,
    )
  return names.includes(name)
}
