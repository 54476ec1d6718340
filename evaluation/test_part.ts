import { type TestCropOptions, testShortSide } from '../datasets/classification/crop_options.js'
import type { Rectangle } from '../datasets/pixels/rgb.js'

/**
 * The part of a picture that a classifier sees in an evaluation, in pixels of the picture, which
 * may be parts of one: what `testInput` cuts out.
 *
 * @param size `[height, width]` of the picture.
 */
export function testPart(
  [height, width]: readonly [number, number],
  options: TestCropOptions,
): Rectangle {
  const short = testShortSide(options)
  if (short === undefined) return { top: 0, left: 0, height, width }
  const side = (options.imageSize * Math.min(height, width)) / short
  return { top: (height - side) / 2, left: (width - side) / 2, height: side, width: side }
}
