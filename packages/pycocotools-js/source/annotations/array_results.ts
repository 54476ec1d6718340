import { CocoError } from '../errors.js'
import { isId } from '../ids.js'
import { AnnotationTable } from './annotation_table.js'
import {
  BBOX,
  CATEGORY_ID,
  type EntryKey,
  EntryShape,
  FIELDS,
  IMAGE_ID,
  SCORE,
} from './entry_shape.js'
import { StagedAnnotation } from './staged_annotation.js'

/** Results as numbers, `[N, 7]`: image id, x, y, width, height, score, category id. */
export interface ResultArray {
  data: ArrayLike<number>
  shape: readonly number[]
}

/**
 * Box results of an array. Ids are cut to whole numbers.
 *
 * Source: `COCO.loadNumpyAnnotations` of pycocotools 2.0.11.
 */
export function tableOfArray({ data, shape }: ResultArray, where: string): AnnotationTable {
  if (shape.length !== 2 || shape[1] !== 7 || data.length !== 7 * shape[0])
    throw new CocoError(
      where,
      `has ${data.length} numbers in the shape [${shape.join(', ')}]`,
      'results are [N, 7]: image id, x, y, width, height, score, category id',
    )
  const table = new AnnotationTable()
  const staged = new StagedAnnotation()
  staged.shape = new EntryShape()
    .with(keyOf(IMAGE_ID), 'number')!
    .with(keyOf(BBOX), 'box')!
    .with(keyOf(SCORE), 'number')!
    .with(keyOf(CATEGORY_ID), 'number')
  staged.shape!.claimNumber()
  for (const field of [IMAGE_ID, BBOX, SCORE, CATEGORY_ID]) staged.isSet[field] = 1
  staged.texts[IMAGE_ID] = null
  staged.texts[CATEGORY_ID] = null
  for (let row = 0; row < shape[0]; row++) {
    const at = 7 * row
    staged.numbers[IMAGE_ID] = wholeId(data[at], `row [${row}] has the image id`, where)
    for (let i = 0; i < 4; i++) staged.boxXywh[i] = data[at + 1 + i]
    staged.numbers[SCORE] = data[at + 5]
    staged.numbers[CATEGORY_ID] = wholeId(data[at + 6], `row [${row}] has the category id`, where)
    table.append(staged)
  }
  return table
}

function keyOf(field: number): EntryKey {
  return { name: FIELDS[field], bytes: new Uint8Array(0), field }
}

function wholeId(value: number, what: string, where: string): number {
  if (isId(Math.trunc(value))) return Math.trunc(value) + 0 // no -0
  throw new CocoError(where, `${what} ${value}`, 'an id is a number within 2^53')
}
