import test from 'ava'
import fc from 'fast-check'
import { countingSort, positions } from '../../source/evaluate/counting_sort.js'

test('countingSort sorts as Array.sort does, keeping the order of equal keys', (t) => {
  const anyKeys = fc.array(fc.nat(9), { maxLength: 50 })
  fc.assert(
    fc.property(anyKeys, (list) => {
      const keys = Int32Array.from(list)
      const backwards = positions(keys.length).reverse()
      const expected = [...backwards].sort((a, b) => keys[a] - keys[b])
      t.deepEqual([...countingSort(keys, 10, backwards)], expected)
    }),
  )
})

test('only the given positions are sorted', (t) => {
  t.deepEqual([...countingSort(Int32Array.of(2, 0, 1, 0), 3, Int32Array.of(0, 3))], [3, 0])
  t.deepEqual([...countingSort(new Int32Array(0), 0, positions(0))], [])
})
