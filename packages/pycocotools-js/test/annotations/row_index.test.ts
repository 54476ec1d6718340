import test from 'ava'
import { ObjectRows } from '../../source/annotations/object_rows.js'
import { RowIndex } from '../../source/annotations/row_index.js'
import type { Id } from '../../source/index.js'

const indexOf = (ids: Id[], imageIds: Id[]) =>
  new RowIndex(new ObjectRows(ids.map((id, i) => ({ id, image_id: imageIds[i] }))))

test('rows are found by id; of two with one id, the last', (t) => {
  const index = indexOf([9, 'a', 9, 0], [1, 1, 1, 1])
  t.deepEqual(
    [9, 'a', 0, '9', 7].map((id) => index.rowOf(id)),
    [2, 1, 3, undefined, undefined],
  )
  t.deepEqual([...index.ids()], [9, 'a', 0])
  t.is(index.countOfIds, 3)
})

test('ids that count from 1 are found as others are', (t) => {
  const index = indexOf([1, 2, 3], [1, 1, 1])
  t.deepEqual(
    [1, 3, 0, 4, 1.5, '1', -1].map((id) => index.rowOf(id)),
    [0, 2, undefined, undefined, undefined, undefined, undefined],
  )
  t.deepEqual([...index.ids()], [1, 2, 3])
  t.is(index.countOfIds, 3)
})

test('rows of an image are in file order, images in the order they first appear', (t) => {
  const index = indexOf([5, 6, 7, 8, 9], ['b', 3, 'b', '3', 3])
  t.deepEqual([...index.imageIds()], ['b', 3, '3'])
  t.deepEqual([...index.rowsOf('b')], [0, 2])
  t.deepEqual([...index.rowsOf(3)], [1, 4])
  t.deepEqual([...index.rowsOf('3')], [3])
  t.deepEqual([...index.rowsOf(4)], [])
  t.true(index.hasImage('3'))
  t.false(index.hasImage(4))
  t.is(index.countOfImages, 3)
})

test('no rows make an empty index', (t) => {
  const index = indexOf([], [])
  t.is(index.rowOf(1), undefined)
  t.deepEqual([...index.ids()], [])
  t.is(index.countOfImages, 0)
})
