/**
 * The keys of an annotation that have a column. The first eight hold a number, and of these the
 * first three are ids, which may be text.
 */
export const FIELDS = [
  'id',
  'image_id',
  'category_id',
  'area',
  'iscrowd',
  'ignore',
  'score',
  'num_keypoints',
  'bbox',
  'keypoints',
  'segmentation',
]
export const [
  ID,
  IMAGE_ID,
  CATEGORY_ID,
  AREA,
  ISCROWD,
  IGNORE,
  SCORE,
  NUM_KEYPOINTS,
  BBOX,
  KEYPOINTS,
  SEGMENTATION,
] = FIELDS.keys()

/** How the value of a key is kept; `json` holds any. */
export type Kept =
  | 'json'
  /** Value of a key that has a column, which then has no value. */
  | 'null'
  | 'number'
  | 'text'
  /** 0 or 1, of a boolean `iscrowd` or `ignore`. */
  | 'boolean'
  /** Four numbers, of a `bbox`. */
  | 'box'
  /** Value of `keypoints`. */
  | 'numbers'
  /** Value of a `segmentation`: lists of numbers, or an object of these two keys, in this order. */
  | 'polygons'
  | 'size, runs'
  | 'runs, size'
  | 'size, counts'
  | 'counts, size'

export interface EntryKey {
  name: string
  /** As it stands in the file, with its closing quote. */
  bytes: Uint8Array
  /** Its place in `FIELDS`, or -1. */
  field: number
}

/** Shapes that rows can have. Where a file has more, the entries of the others are kept whole. */
const MAX_SHAPES = 255
const MAX_NODES = 2 ** 12

/**
 * The keys of an entry in order, and how the value of each is kept. It is a node of a tree, found
 * key by key from the root, the shape of an entry without keys. A file has few shapes, which thus
 * say for each row what it holds.
 */
export class EntryShape {
  readonly key: EntryKey | null
  readonly kept: Kept
  /** The shape with one more key that was asked for last, and likely is again. */
  likely: EntryShape | null = null
  /** Its place in `tree.shapes`; -1 while no row has it. */
  number = -1
  /** What all shapes of a table share: those that rows have, and how many there are in all. */
  readonly tree: { shapes: EntryShape[]; nodes: number }
  private readonly parent: EntryShape | null
  private readonly children: EntryShape[] = []
  private known: ReturnType<EntryShape['fields']> | null = null

  constructor(parent: EntryShape | null = null, key: EntryKey | null = null, kept: Kept = 'json') {
    this.parent = parent
    this.key = key
    this.kept = kept
    this.tree = parent?.tree ?? { shapes: [], nodes: 0 }
    this.tree.nodes++
  }

  /** The shape with one more key; null where there are too many shapes. */
  with(key: EntryKey, kept: Kept): EntryShape | null {
    const { likely } = this
    if (likely !== null && likely.key === key && likely.kept === kept) return likely
    const known = this.children.find((child) => child.key === key && child.kept === kept)
    if (known === undefined && this.tree.nodes === MAX_NODES) return null
    this.likely = known ?? new EntryShape(this, key, kept)
    if (known === undefined) this.children.push(this.likely)
    return this.likely
  }

  /** Gives the shape a number. @returns false where there are no more. */
  claimNumber(): boolean {
    const { shapes } = this.tree
    if (this.number < 0 && shapes.length < MAX_SHAPES) this.number = shapes.push(this) - 1
    return this.number >= 0
  }

  /** The shapes on the way here, which add one key each. */
  get path(): readonly EntryShape[] {
    return this.fields().path
  }

  /**
   * How the value of a field is kept; undefined where the entry lacks the key. Of a key that stands
   * twice, the last.
   */
  keptOf(field: number): Kept | undefined {
    return this.fields().kept[field]
  }

  private fields(): { path: readonly EntryShape[]; kept: (Kept | undefined)[] } {
    if (this.known) return this.known
    const path: EntryShape[] = []
    for (let shape: EntryShape = this; shape.parent; shape = shape.parent) path.unshift(shape)
    const kept = FIELDS.map((_, field) => path.findLast(({ key }) => key?.field === field)?.kept)
    this.known = { path, kept }
    return this.known
  }
}
