import { type Detection, detectScene } from '../../../bench/coco_generator/detect.js'
import { fillPolygons } from '../../../bench/coco_generator/runs.js'
import type { Scene, SceneObject } from '../../../bench/coco_generator/scene.js'
import type { CocoDataset, Sample } from '../../../datasets/index.js'
import type { HostDetections } from '../../../evaluation/coco_results.js'

/** Cells of a mask along each side, as mask heads have them. */
const CELLS = 28

/**
 * What a detector of middling quality finds in an image: its objects, moved, doubled and mistaken,
 * and inventions.
 */
export function noisyDetections(
  { categoryIds }: Pick<CocoDataset, 'categoryIds'>,
  sample: Sample,
  { count, masks }: { count: number; masks: boolean },
): HostDetections {
  const found = detectScene(0, sceneOf(sample, categoryIds), count)
  const labelOf = new Map(categoryIds.map((id, label) => [id, label]))
  const boxesXyxy = found.flatMap(({ boxXywh: [x, y, width, height] }) => [
    x,
    y,
    x + width,
    y + height,
  ])
  const floats = (data: Float32Array, shape: number[]) =>
    ({ dtype: 'float32', shape: [1, count, ...shape], data }) as const
  return {
    boxesXyxy: floats(Float32Array.from(boxesXyxy), [4]),
    scores: floats(
      Float32Array.from(found, ({ score }) => score),
      [],
    ),
    labels: {
      dtype: 'int32',
      shape: [1, count],
      data: Int32Array.from(found, ({ categoryId }) => labelOf.get(categoryId)!),
    },
    ...(masks && { masks: floats(masksOf(found), [CELLS, CELLS]) }),
  }
}

function sceneOf(sample: Sample, categoryIds: readonly number[]): Scene {
  const [height, width] = sample.size
  const objects = Array.from(sample.labels, (label, object): SceneObject => {
    const [x1, y1, x2, y2] = sample.boxesXyxy.subarray(4 * object, 4 * object + 4)
    const [w, h] = [x2 - x1, y2 - y1]
    const segmentation = sample.segmentation(object)
    const polygons =
      segmentation && 'polygons' in segmentation
        ? segmentation.polygons.map((polygon) => Array.from(polygon))
        : []
    const shape = polygons.map((polygon) =>
      polygon.map((value, i) => (i % 2 === 0 ? (value - x1) / w : (value - y1) / h)),
    )
    const categoryId = categoryIds[label]
    return { categoryId, boxXywh: [x1, y1, w, h], shape, polygons, isCrowd: false }
  })
  return { imageId: Number(sample.imageId), width, height, objects }
}

/** `[n * CELLS * CELLS]`: each detection's outline, with edges as soft as a network's. */
function masksOf(found: readonly Detection[]): Float32Array {
  const masks = new Float32Array(found.length * CELLS * CELLS)
  for (const [i, detection] of found.entries()) {
    const polygons = detection.shape().map((part) => part.map((value) => value * CELLS))
    masks.set(softened(fillPolygons(polygons, [CELLS, CELLS])), i * CELLS * CELLS)
  }
  return masks
}

/**
 * The mean of the 3 x 3 cells around each, in rows. @param runs column by column, background first.
 */
function softened(runs: readonly number[]): Float32Array {
  const hard = new Uint8Array(CELLS * CELLS)
  let place = 0
  for (const [i, run] of runs.entries()) {
    if (i % 2 === 1) hard.fill(1, place, place + run)
    place += run
  }
  const soft = new Float32Array(CELLS * CELLS)
  for (let y = 0; y < CELLS; y++) {
    for (let x = 0; x < CELLS; x++) {
      let sum = 0
      for (let column = Math.max(0, x - 1); column <= Math.min(CELLS - 1, x + 1); column++) {
        for (let row = Math.max(0, y - 1); row <= Math.min(CELLS - 1, y + 1); row++) {
          sum += hard[column * CELLS + row]
        }
      }
      soft[y * CELLS + x] = sum / 9
    }
  }
  return soft
}
