import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import type { Coverage } from './paint.js'

/** Brought along, since a server may have no fonts. */
const FONT = {
  file: fileURLToPath(import.meta.resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf')),
  name: 'DejaVu Sans Bold',
}

/**
 * The sign of box drawing: as high as a line. It stands before each text, so that all are cut to
 * the same height, and is cut off.
 */
const RULER = '│'

/** Keeps the ruler on the left of texts that are written from right to left. */
const LEFT_TO_RIGHT = '\u200e'

/**
 * A line of text. Letters that DejaVu Sans lacks come from the fonts of the machine.
 *
 * @param fontSize pixels from line to line, about.
 * @returns as high for every text of a size; without width where there is nothing to see.
 */
export async function renderText(text: string, fontSize: number): Promise<Coverage> {
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim()
  const markup = `${LEFT_TO_RIGHT}${RULER} ${line}`
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
  const { data, info } = await sharp({
    text: { text: markup, font: `${FONT.name} ${fontSize}px`, fontfile: FONT.file, dpi: 72 },
  })
    .extractChannel(0)
    .raw()
    .toBuffer({ resolveWithObject: true })
  return withoutRuler({ data, width: info.width, height: info.height })
}

/** What comes after the first columns with ink and the first without. */
function withoutRuler({ data, width, height }: Coverage): Coverage {
  const hasInk = (column: number) => {
    for (let row = 0; row < height; row++) if (data[row * width + column] > 0) return true
    return false
  }
  let start = 0
  while (start < width && hasInk(start)) start++
  while (start < width && !hasInk(start)) start++
  const cut = new Uint8Array((width - start) * height)
  for (let row = 0; row < height; row++)
    cut.set(data.subarray(row * width + start, (row + 1) * width), row * (width - start))
  return { data: cut, width: width - start, height }
}
