/** Values as JSON in UTF-8, for sections that are small beside the columns. */
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** @throws RangeError for a text that is longer than a string can be. */
export function jsonOf(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value)) // which escapes halves of surrogate pairs
}

/** @param isAscii spares most of the time of decoding. */
export function parseJson(bytes: Uint8Array, { isAscii = false } = {}): unknown {
  const { buffer, byteOffset, length } = bytes
  const text = isAscii
    ? Buffer.from(buffer, byteOffset, length).toString('latin1')
    : decoder.decode(bytes)
  return JSON.parse(text)
}

/** Whether JSON gives a value back as it is: -0, NaN, Infinity and a bigint it does not. */
export function isExactInJson(value: unknown): boolean {
  const open = [value]
  while (open.length > 0) {
    const next = open.pop()
    if (typeof next === 'number') {
      if (!Number.isFinite(next) || Object.is(next, -0)) return false
    } else if (typeof next === 'bigint' || next === undefined) return false
    else if (Array.isArray(next)) for (const value of next) open.push(value)
    else if (typeof next === 'object' && next !== null)
      for (const key of Object.keys(next)) open.push((next as Record<string, unknown>)[key])
  }
  return true
}
