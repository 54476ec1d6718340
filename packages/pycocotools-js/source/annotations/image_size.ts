import { CocoError } from '../errors.js'
import { showId } from '../ids.js'
import type { CocoImage, Id } from '../types.js'
import { type Fault, isAbsent, show } from './annotation_faults.js'

/**
 * The size that the polygons of an annotation are drawn at: its image's, `[height, width]` in
 * pixels.
 *
 * @param subject names the annotation; called only to phrase an error.
 * @param where the file, for errors.
 */
export function imageSizeOf(
  imageId: Id,
  imgs: ReadonlyMap<Id, CocoImage>,
  where: string,
  subject: () => string,
): readonly [number, number] {
  const image = imgs.get(imageId)
  const { height, width } = image ?? {}
  if (typeof height === 'number' && typeof width === 'number') return [height, width]
  const { what, fix } = noSizeFault(image, imageId)
  throw new CocoError(where, `${subject()} ${what}`, fix)
}

/** What is wrong with polygons whose image has no size. */
export function noSizeFault(image: CocoImage | undefined, imageId: Id): Fault {
  const { height, width } = image ?? {}
  let lack = `its image has the height ${show(height)} and the width ${show(width)}`
  if (image === undefined) lack = `there is no image ${showId(imageId)}`
  else if (isAbsent(height) && isAbsent(width)) lack = 'its image has no height and width'
  else if (isAbsent(height)) lack = 'its image has no height'
  else if (isAbsent(width)) lack = 'its image has no width'
  return {
    what: `is a polygon, but ${lack}`,
    fix: 'polygons take their size from the image: give it height and width in pixels',
    kind: 'with a mask that cannot be drawn',
  }
}
