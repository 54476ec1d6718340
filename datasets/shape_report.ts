import type { InputShape, ShapePlan } from './shape_plan.js'

/** A plan as `shapes.json` keeps it; `slots` only where a graph takes objects. */
export function shapeReport({ shapes, areaWaste }: ShapePlan) {
  return {
    areaWaste,
    shapes: shapes.map(({ size, slots, share }) =>
      slots > 0 ? { size, slots, share } : { size, share },
    ),
  }
}

/**
 * The plan in one line, its shapes as height, width and places for objects: `800x1344x32`.
 *
 * @param use what the shapes are for: `trains`.
 */
export function shapeLine({ shapes, areaWaste }: ShapePlan, use: string, bucketStep: number) {
  const count = shapes.length === 1 ? '1 input shape' : `${shapes.length} input shapes`
  const percent = (100 * areaWaste).toFixed(1)
  const waste = `${percent} % more pixels than in steps of ${bucketStep}`
  return `${use} in ${count}, ${waste}: ${shapes.map(shapeText).join(' ')}`
}

function shapeText({ size, slots }: InputShape): string {
  return [...size, ...(slots > 0 ? [slots] : [])].join('x')
}
