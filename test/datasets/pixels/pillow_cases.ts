import { readFileSync } from 'node:fs'
import type { ExecutionContext } from 'ava'
import type { RgbPicture } from '../../../datasets/pixels/rgb.js'
import { digestOf } from './pictures.js'

/** A picture in a fixture: its bytes in base64. */
interface StoredPicture {
  size: [number, number]
  pixels: string
}

/** What an operation makes of a picture: all bytes once for each operation, else their digest. */
interface StoredCase {
  picture: string
  args: (number | string)[]
  size: [number, number]
  pixels?: string
  digest?: string
}

interface Fixture {
  /** Pillow 12.3.0, timm 1.0.29, torchvision 0.29.1. */
  versions: string
  pictures: Record<string, StoredPicture>
  cases: Record<string, StoredCase[]>
}

const path = new URL('../../fixtures/pillow_pictures.json', import.meta.url)
const { pictures, cases }: Fixture = JSON.parse(readFileSync(path, 'utf8'))

/** Colour of what lies outside the picture, in the fixtures. */
export const FILL = [124, 116, 104] as const

/** A picture of the fixtures: a gradient, noise, a square, 2 x 3 pixels, one pixel, one colour. */
export function storedPicture(
  name: 'gradient' | 'noise' | 'square' | 'sliver' | 'dot' | 'flat',
): RgbPicture {
  const { size, pixels } = pictures[name]
  return { size, pixels: new Uint8Array(Buffer.from(pixels, 'base64')) }
}

/** Compares all cases of an operation, byte for byte. */
export function equalsPillow<Args extends readonly (number | string)[]>(
  t: ExecutionContext,
  operation: string,
  change: (picture: RgbPicture, ...args: Args) => RgbPicture,
): void {
  t.true(cases[operation].length > 0)
  for (const { picture, args, size, pixels, digest } of cases[operation]) {
    const changed = change(
      storedPicture(picture as Parameters<typeof storedPicture>[0]),
      ...(args as unknown as Args),
    )
    const which = `${operation}(${[picture, ...args].join(', ')})`
    t.deepEqual(changed.size, size, which)
    if (pixels) t.deepEqual(Buffer.from(changed.pixels), Buffer.from(pixels, 'base64'), which)
    else t.is(digestOf(changed), digest!, which)
  }
}
