import { CocoError } from '../errors.js'
import { showId } from '../ids.js'
import type { CocoImage, Id } from '../types.js'

/**
 * The size that the polygons of an annotation are drawn at: its image's, `[height, width]` in pixels.
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
  const lack = image ? 'its image has no height and width' : `there is no image ${showId(imageId)}`
  throw new CocoError(
    where,
    `${subject()} is a polygon, but ${lack}`,
    'polygons take their size from the image: give it height and width in pixels',
  )
}
