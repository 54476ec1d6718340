import type { AnnotationRows } from '../source/annotations/annotation_rows.js'
import type { Segmentation } from '../source/mask/segmentation.js'

/** What every accessor returns for a row, with lists as plain arrays. */
export function accessors(rows: AnnotationRows, row: number) {
  const boxXywh = new Float64Array(4).fill(-1)
  const keypoints = rows.keypoints(row)
  return {
    id: rows.id(row) as unknown,
    imageId: rows.imageId(row) as unknown,
    categoryId: rows.categoryId(row) as unknown,
    area: rows.area(row),
    score: rows.score(row),
    iscrowd: rows.iscrowd(row),
    numKeypoints: rows.numKeypoints(row),
    hasBox: rows.writeBox(row, boxXywh, 0),
    boxXywh: [...boxXywh],
    keypoints: keypoints && Array.from(keypoints),
    segmentation: plainSegmentation(rows.segmentation(row)),
  }
}

/** A segmentation with plain arrays for lists and bytes. */
function plainSegmentation(segmentation: Segmentation | undefined): unknown {
  if (segmentation === undefined) return undefined
  if ('polygons' in segmentation)
    return { polygons: segmentation.polygons.map((polygon) => plain(polygon)) }
  const size = [...segmentation.size]
  if ('runs' in segmentation) return { size, runs: plain(segmentation.runs) }
  return { size, counts: plain(segmentation.counts) }
}

/** What is no list, which accessors do not look at, stays as it is. */
function plain(list: ArrayLike<number>): unknown {
  return Array.isArray(list) || ArrayBuffer.isView(list) ? Array.from(list) : list
}
