import test from 'ava'
import fc from 'fast-check'
import { ObjectRows } from '../../source/annotations/object_rows.js'
import { type Cells, groupIntoCells } from '../../source/evaluate/cells.js'
import type { CocoAnnotation } from '../../source/index.js'

const IMAGES = [3, 5, 'a']
const CATEGORIES = [0, 7]

/** Images and categories past these are not evaluated. */
const anyAnnotations = fc
  .array(
    fc.record({
      image_id: fc.constantFrom(...IMAGES, 99),
      category_id: fc.constantFrom(...CATEGORIES, 99),
      score: fc.constantFrom(0.1, 0.5, 0.9, -0, 0, Number.NEGATIVE_INFINITY),
    }),
    { maxLength: 40 },
  )
  .map((entries) => entries.map((entry, id): CocoAnnotation => ({ id, ...entry })))

/** Rows of one cell in file order. */
function rowsOf(annotations: CocoAnnotation[], image: unknown, category: unknown): number[] {
  return [...annotations.keys()].filter(
    (row) =>
      annotations[row].image_id === image &&
      (category === null || annotations[row].category_id === category),
  )
}

/** Filters and sorts of JavaScript, cell by cell. */
function plain(
  gts: CocoAnnotation[],
  dts: CocoAnnotation[],
  categories: readonly unknown[],
  maxDet: number,
): Cells {
  const byScore = (a: number, b: number) => dts[b].score! - dts[a].score! || 0
  const cells = {
    ...{ categoryStart: [0], image: [] as number[], gtStart: [0], dtStart: [0] },
    ...{ gtRows: [] as number[], dtRows: [] as number[], rank: [] as number[] },
    byScore: [] as number[],
  }
  for (const category of categories) {
    const first = cells.dtRows.length
    for (const [i, image] of IMAGES.entries()) {
      const gtRows = rowsOf(gts, image, category)
      const all = rowsOf(dts, image, category)
      if (gtRows.length + all.length === 0) continue
      const dtRows = all.toSorted(byScore).slice(0, maxDet)
      cells.image.push(i)
      cells.gtRows.push(...gtRows)
      cells.dtRows.push(...dtRows)
      cells.rank.push(...dtRows.keys())
      cells.gtStart.push(cells.gtRows.length)
      cells.dtStart.push(cells.dtRows.length)
    }
    cells.categoryStart.push(cells.image.length)
    const places = cells.dtRows.map((_, place) => place).slice(first)
    cells.byScore.push(...places.sort((a, b) => byScore(cells.dtRows[a], cells.dtRows[b])))
  }
  const entries = Object.entries(cells).map(([key, list]) => [key, Int32Array.from(list)])
  return Object.fromEntries(entries) as Cells
}

function side(annotations: CocoAnnotation[]) {
  return {
    side: { rows: new ObjectRows(annotations), name: 'dataset', imgs: new Map() },
    selected: Int32Array.from(annotations.keys()),
  }
}

test('cells are those of filters and stable sorts', (t) => {
  const anyCategories = fc.constantFrom(CATEGORIES, [7], [7, 8, 0], null)
  fc.assert(
    fc.property(
      anyAnnotations,
      anyAnnotations,
      anyCategories,
      fc.nat(4),
      (gts, dts, catIds, maxDet) => {
        const cells = groupIntoCells({
          groundTruths: side(gts),
          detections: side(dts),
          scoreOf: (row) => dts[row].score!,
          ...{ imgIds: IMAGES, catIds, maxDet },
        })
        t.deepEqual(cells, plain(gts, dts, catIds ?? [null], maxDet))
      },
    ),
    { numRuns: 1000 },
  )
})
