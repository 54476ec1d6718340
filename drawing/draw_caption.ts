import { fillRect, paintCoverage } from './paint.js'
import { BLACK, WHITE } from './palette.js'
import { renderText } from './render_text.js'
import type { RgbImage } from './rgb_image.js'

/** Draws a line of text in the upper left corner of a picture. */
export async function drawCaption(canvas: RgbImage, caption: string): Promise<void> {
  const fontSize = Math.max(10, Math.round((canvas.width + canvas.height) / 84))
  const text = await renderText(caption, fontSize)
  const margin = Math.round(text.height / 4)
  const right = text.width + 2 * margin
  fillRect(canvas, { left: 0, top: 0, right, bottom: text.height + margin }, BLACK, 0.7)
  paintCoverage(canvas, text, { left: margin, top: Math.round(margin / 2) }, WHITE)
}
