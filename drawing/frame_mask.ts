import type { BinaryMask } from '../packages/pycocotools-js/source/mask/rle.js'

/**
 * The mask of an object as a batch of training data holds it, back in its image: pixels of cells
 * that it covers by half or more.
 *
 * @param cells `[side, side]`, 0 to 255, which divide the frame evenly.
 * @param frameXyxy whole pixels; what lies outside the image is left out.
 * @param size `[height, width]` of the image.
 */
export function frameMask(
  cells: ArrayLike<number>,
  frameXyxy: ArrayLike<number>,
  [height, width]: readonly [number, number],
): BinaryMask {
  const side = Math.sqrt(cells.length)
  const [x1, y1, x2, y2] = Array.from(frameXyxy)
  const data = new Uint8Array(height * width)
  for (let y = Math.max(y1, 0); y < Math.min(y2, height); y++) {
    const row = Math.floor(((y - y1) * side) / (y2 - y1)) * side
    for (let x = Math.max(x1, 0); x < Math.min(x2, width); x++) {
      const covered = cells[row + Math.floor(((x - x1) * side) / (x2 - x1))]
      if (covered >= 128) data[y * width + x] = 1
    }
  }
  return { size: [height, width], data }
}
