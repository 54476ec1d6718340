import { drawCaption } from './draw_caption.js'
import { heatColor } from './heat_colors.js'
import { blend } from './paint.js'
import { copyImage, type RgbImage } from './rgb_image.js'

export interface DrawHeatMapOptions {
  /** Opacity of the colours, 0 to 1. @default 0.65 */
  opacity?: number
  /** A line in the upper left corner. */
  caption?: string
}

/**
 * Blends a heat map over a copy of a picture; see `heatColor`.
 *
 * @param heat `[height, width]` of the picture, 0 to 1.
 */
export async function drawHeatMap(
  image: RgbImage,
  heat: Float32Array,
  { opacity = 0.65, caption }: DrawHeatMapOptions = {},
): Promise<RgbImage> {
  if (heat.length !== image.width * image.height) {
    throw new RangeError(
      `drawHeatMap: the map has ${heat.length} values, but the picture is ${image.width} x ${image.height}; give a value for each pixel`,
    )
  }
  const colors = Array.from({ length: 256 }, (_, i) => heatColor(i / 255))
  const canvas = copyImage(image)
  for (let i = 0; i < heat.length; i++)
    blend(canvas.data, 3 * i, colors[Math.round(255 * heat[i])], opacity)
  if (caption !== undefined) await drawCaption(canvas, caption)
  return canvas
}
