/** The length of the UTF-8 character that starts at `at`, 2 to 4 bytes; 0 where none does. */
export function utf8Length(bytes: Uint8Array, at: number): number {
  const first = bytes[at]
  const second = bytes[at + 1]
  if (second >> 6 !== 2) return 0
  if (first >= 0xc2 && first <= 0xdf) return 2
  if (bytes[at + 2] >> 6 !== 2) return 0
  if (first === 0xe0) return second >= 0xa0 ? 3 : 0 // less would fit two bytes
  if (first === 0xed) return second < 0xa0 ? 3 : 0 // more is half of a surrogate pair
  if (first >= 0xe1 && first <= 0xef) return 3
  if (bytes[at + 3] >> 6 !== 2) return 0
  if (first === 0xf0) return second >= 0x90 ? 4 : 0 // less would fit three bytes
  if (first === 0xf4) return second < 0x90 ? 4 : 0 // Unicode ends at 10FFFF
  return first >= 0xf1 && first <= 0xf3 ? 4 : 0
}
