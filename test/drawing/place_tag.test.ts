import test from 'ava'
import { placeTag } from '../../drawing/place_tag.js'

const sizes = { tag: { width: 30, height: 10 }, image: { width: 100, height: 80 } }
const box = { left: 20, top: 30, right: 70, bottom: 60 }

test('a tag stands on its box', (t) => {
  t.deepEqual(placeTag(box, sizes, []), { left: 20, top: 20, right: 50, bottom: 30 })
})

test('where there is no room above, it hangs inside', (t) => {
  const high = { ...box, top: 4 }
  t.deepEqual(placeTag(high, sizes, []), { left: 20, top: 4, right: 50, bottom: 14 })
  const cut = { ...box, top: -25 }
  t.is(placeTag(cut, sizes, []).top, 0)
})

test('it slides into the picture', (t) => {
  t.is(placeTag({ ...box, left: 90, right: 99 }, sizes, []).right, 100)
  t.is(placeTag({ ...box, left: -20 }, sizes, []).left, 0)
})

test('it makes way for tags that are there', (t) => {
  const first = placeTag(box, sizes, [])
  const second = placeTag(box, sizes, [first])
  const third = placeTag(box, sizes, [first, second])
  t.is(second.top, 30)
  t.is(third.top, 60)
})

test('a picture too small for it shows its upper left part', (t) => {
  const image = { width: 20, height: 6 }
  t.deepEqual(placeTag({ left: 5, top: 3, right: 9, bottom: 6 }, { tag: sizes.tag, image }, []), {
    left: 0,
    top: 0,
    right: 30,
    bottom: 10,
  })
})
