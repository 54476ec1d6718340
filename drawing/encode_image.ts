import sharp from 'sharp'
import type { RgbImage } from './rgb_image.js'

/** Quality at which lettering and lines are not smeared. */
const QUALITY = 90

/** A picture as the bytes of a JPEG file. */
export async function encodeJpeg({ data, width, height }: RgbImage): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: QUALITY, chromaSubsampling: '4:4:4' })
    .toBuffer()
}
