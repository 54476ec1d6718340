import test from 'ava'
import { threefry } from '../../random/threefry.js'

const ZEROS = [0, 0, 0, 0]
const ONES = [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff]
/** Digits of pi, as Random123 has them. */
const PI_COUNTER = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344]
const PI_KEY = [0xa4093822, 0x299f31d0, 0x082efa98, 0xec4e6c89]

function words(counter: number[], key: number[]): string[] {
  const out = new Uint32Array(4)
  threefry(Uint32Array.from(key), Uint32Array.from(counter), out)
  return [...out].map((word) => word.toString(16).padStart(8, '0'))
}

test('threefry gives the known answers of Random123 for 20 rounds', (t) => {
  t.deepEqual(words(ZEROS, ZEROS), ['9c6ca96a', 'e17eae66', 'fc10ecd4', '5256a7d8'])
  t.deepEqual(words(ONES, ONES), ['2a881696', '57012287', 'f6c7446e', 'a16a6732'])
  t.deepEqual(words(PI_COUNTER, PI_KEY), ['59cd1dbb', 'b8879579', '86b5d00c', 'ac8b6d84'])
})

test('threefry leaves key and counter as they are', (t) => {
  const [key, counter] = [Uint32Array.from(PI_KEY), Uint32Array.from(PI_COUNTER)]
  threefry(key, counter, new Uint32Array(4))
  t.deepEqual([[...key], [...counter]], [PI_KEY, PI_COUNTER])
})
