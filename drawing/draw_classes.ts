import { fillRect, paintCoverage } from './paint.js'
import { BLACK, classColor, WHITE } from './palette.js'
import { renderText } from './render_text.js'
import { copyImage, type RgbImage } from './rgb_image.js'

/** A class that a picture may be of. */
export interface DrawnClass {
  label: string
  /** 0 to 1: shown behind the label, with two digits, and as the length of a bar. */
  score: number
  /** Decides the colour of the bar. */
  classIndex: number
}

/**
 * Writes classes over a copy of a picture, a line each, in its upper left corner. A bar below each
 * line is as long as its score, of the width of the longest line.
 */
export async function drawClasses(
  image: RgbImage,
  classes: readonly DrawnClass[],
): Promise<RgbImage> {
  const canvas = copyImage(image)
  if (classes.length === 0) return canvas
  const fontSize = Math.max(12, Math.round((image.width + image.height) / 64))
  const lines: { text: Awaited<ReturnType<typeof renderText>>; drawn: DrawnClass }[] = []
  for (const drawn of classes) {
    const text = await renderText(`${drawn.label} ${drawn.score.toFixed(2)}`, fontSize)
    lines.push({ text, drawn })
  }
  const margin = Math.max(2, Math.round(fontSize / 4))
  const bar = Math.max(2, Math.round(fontSize / 6))
  const lineHeight = Math.max(...lines.map(({ text }) => text.height)) + bar
  const width = Math.max(...lines.map(({ text }) => text.width))
  const bottom = lines.length * lineHeight + margin
  fillRect(canvas, { left: 0, top: 0, right: width + 2 * margin, bottom }, BLACK, 0.6)
  for (const [i, { text, drawn }] of lines.entries()) {
    const top = i * lineHeight
    paintCoverage(canvas, text, { left: margin, top }, WHITE)
    const place = { top: top + lineHeight - bar, bottom: top + lineHeight }
    const right = margin + Math.round(drawn.score * width)
    fillRect(canvas, { ...place, left: margin, right }, classColor(drawn.classIndex))
  }
  return canvas
}
