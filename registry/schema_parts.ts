/** Parts of schemas that several networks have. */
import { z } from 'zod'

/** A `z.strictObject` whose messages call it `title`. */
export function group<Shape extends z.ZodRawShape>(title: string, shape: Shape) {
  return z.strictObject(shape).meta({ title })
}

export const count = () => z.int().min(1)
export const counts = () => z.array(count())
export const numbers = () => z.array(z.number())
export const fraction = () => z.number().min(0).max(1)

/** Which detections are kept. */
export const suppression = {
  scoreThr: fraction().optional(),
  iouThr: fraction().optional(),
  maxPerImage: count().optional(),
}

/** IoU from which anchors or RoIs are an object's, and below which they are background. */
export const assigner = () =>
  z
    .strictObject({ posIouThr: fraction(), negIouThr: fraction(), minPosIou: fraction() })
    .meta({ title: 'assigner' })
    .optional()

/** How many anchors or RoIs are learned from, and the largest share of positives. */
export const sampler = () =>
  z.strictObject({ num: count(), posFraction: fraction() }).meta({ title: 'sampler' }).optional()

/** Means and standard deviations of box deltas. */
export const coder = () => {
  const ofSides = (number: z.ZodNumber) => z.tuple([number, number, number, number]).optional()
  return z
    .strictObject({ means: ofSides(z.number()), stds: ofSides(z.number().positive()) })
    .meta({ title: 'coder' })
    .optional()
}

/** Which proposals are kept, under the name of the option. */
export const proposals = (title: string) =>
  z
    .strictObject({
      nmsPre: count().optional(),
      iouThr: fraction().optional(),
      maxPerImage: count().optional(),
    })
    .meta({ title })
    .optional()

/** Statistics of R, G and B. */
export const pixels = {
  pixelMean: numbers().length(3).optional(),
  pixelStd: z.array(z.number().positive()).length(3).optional(),
}
