import { CocoError } from '../errors.js'
import type { Scanner } from './scanner.js'

export const AGAIN = 'write it again as UTF-8'

/**
 * Where the text starts: behind a byte order mark, if it has one.
 *
 * @throws CocoError for what is not UTF-8 from its first bytes on.
 */
export function checkEncoding({ bytes, end }: Scanner, name: string): number {
  const [first, second, third, fourth] = bytes
  if (end === 0) throw new CocoError(name, 'is empty', 'fetch the file again')
  if (first === 0xef && second === 0xbb && third === 0xbf) return 3
  const isMarked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
  const isMarkedBehindZeros = first === 0 && second === 0 && third === 0xfe && fourth === 0xff
  const zeros = [first, second, third, fourth].filter((byte) => byte === 0).length
  if (end > 3 && (isMarkedBehindZeros || (isMarked ? zeros > 1 : zeros === 3)))
    throw new CocoError(name, 'is UTF-32', AGAIN)
  if (isMarked || (end > 1 && (first === 0) !== (second === 0)))
    throw new CocoError(name, 'is UTF-16', AGAIN)
  if (first === 0x1f && second === 0x8b)
    throw new CocoError(name, 'is compressed with gzip', 'unpack it first')
  return 0
}
