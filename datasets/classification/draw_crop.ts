import type { Random } from '../../random/random.js'
import { roundHalfToEven } from '../pixels/crop.js'
import type { Rectangle } from '../pixels/rgb.js'
import type { ResizedCrop } from './crop_options.js'

/** So often a part is drawn that may not fit into the picture. */
const TRIES = 10

/**
 * Draws the part of a picture that is resized to the input: of random area and shape. Where none
 * fits in ten tries it is the largest part in the middle whose shape is allowed.
 *
 * Source: as torchvision's `RandomResizedCrop`.
 */
export function drawResizedCrop(
  [height, width]: readonly [number, number],
  { scale, ratio }: Required<Omit<ResizedCrop, 'type'>>,
  random: Random,
): Rectangle {
  for (let i = 0; i < TRIES; i++) {
    const area = height * width * random.between(...scale)
    const shape = Math.exp(random.between(Math.log(ratio[0]), Math.log(ratio[1])))
    const part = {
      width: roundHalfToEven(Math.sqrt(area * shape)),
      height: roundHalfToEven(Math.sqrt(area / shape)),
    }
    const fits = part.width > 0 && part.width <= width && part.height > 0 && part.height <= height
    if (!fits) continue
    const top = random.integer(height - part.height + 1)
    const left = random.integer(width - part.width + 1)
    return { top, left, ...part }
  }
  return middlePart([height, width], ratio)
}

function middlePart(
  [height, width]: readonly [number, number],
  [least, most]: readonly [number, number],
): Rectangle {
  const shape = width / height
  const part =
    shape < least
      ? { width, height: roundHalfToEven(width / least) }
      : shape > most
        ? { width: roundHalfToEven(height * most), height }
        : { width, height }
  return {
    top: Math.floor((height - part.height) / 2),
    left: Math.floor((width - part.width) / 2),
    ...part,
  }
}
