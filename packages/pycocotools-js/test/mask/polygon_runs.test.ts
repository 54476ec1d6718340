import test from 'ava'
import fc from 'fast-check'
import { compressRuns } from '../../source/mask/counts_string.js'
import { area, decode, frPyObjects, merge, toBbox } from '../../source/mask/index.js'
import { runsOf } from '../../source/mask/runs_of.js'
import { sha256Of } from './sha256_of.js'
import { digitsOf, type Size, stored } from './stored_masks.js'

test('polygons give the strings, areas and boxes of pycocotools', (t) => {
  for (const [name, size, numbers, counts, pixels, box] of stored.polygons) {
    const rle = frPyObjects(numbers, ...size)
    t.deepEqual(rle, { size, counts }, `${name}: ${numbers} in ${size}`)
    t.is(area(rle), pixels, `${name}: ${numbers} in ${size}`)
    t.deepEqual(toBbox(rle), box, `${name}: ${numbers} in ${size}`)
  }
})

test('lists of polygons give the strings of pycocotools, and so does their union', (t) => {
  for (const [size, polygons, counts, union] of stored.lists) {
    const rles = frPyObjects(polygons, ...size)
    t.deepEqual(
      rles.map((rle) => rle.counts),
      counts,
    )
    t.is(merge(rles).counts, union)
    t.is(compressRuns(runsOf({ polygons }, size)), union)
  }
})

test('boxes give the strings of pycocotools', (t) => {
  for (const [size, box, counts] of stored.boxes)
    t.is(frPyObjects(box, ...size).counts, counts, `${box} in ${size}`)
})

test('by hand: the corners (1, 1) and (5, 4) hold columns 1 to 4 of rows 1 to 3', (t) => {
  const rle = frPyObjects([1, 1, 5, 1, 5, 4, 1, 4], 6, 8)
  t.is(rle.counts, '73300000a0')
  t.is(
    digitsOf(decode(rle).data),
    ['00000000', '01111000', '01111000', '01111000', '00000000', '00000000'].join(''),
  )
})

test('drawing is that of the list of all points', (t) => {
  const coordinate = fc.oneof(
    fc.double({ min: -8, max: 25, noNaN: true }),
    fc.integer({ min: -40, max: 120 }).map((v) => v / 5),
    fc.double({ min: -900, max: 900, noNaN: true }),
  )
  const size = fc.tuple(fc.integer({ min: 1, max: 15 }), fc.integer({ min: 1, max: 15 }))
  fc.assert(
    fc.property(fc.array(coordinate, { minLength: 5, maxLength: 16 }), size, (numbers, size) => {
      t.deepEqual([...runsOf({ polygons: [numbers] }, size)], runsOfPoints(numbers, size))
    }),
    { numRuns: 500 },
  )
})

/**
 * The runs of a polygon, from a list of all points of its outline: `rleFrPoly` as it is written.
 */
function runsOfPoints(xy: number[], [height, width]: Size): number[] {
  const vertices = Math.floor(xy.length / 2)
  const grid = (place: number) => Math.trunc(5 * xy[place] + 0.5)
  const points: [x: number, y: number][] = []
  for (let i = 0; i < vertices; i++) {
    const next = (i + 1) % vertices
    let [x1, y1, x2, y2] = [grid(2 * i), grid(2 * i + 1), grid(2 * next), grid(2 * next + 1)]
    const [dx, dy] = [Math.abs(x2 - x1), Math.abs(y2 - y1)]
    const isBackwards = (dx >= dy && x1 > x2) || (dx < dy && y1 > y2)
    if (isBackwards) [x1, y1, x2, y2] = [x2, y2, x1, y1]
    const slope = dx >= dy ? (y2 - y1) / dx : (x2 - x1) / dy
    for (let k = 0; k <= Math.max(dx, dy); k++) {
      const step = isBackwards ? Math.max(dx, dy) - k : k
      if (dx >= dy) points.push([x1 + step, Math.trunc(y1 + slope * step + 0.5)])
      else points.push([Math.trunc(x1 + slope * step + 0.5), y1 + step])
    }
  }
  const crossings: number[] = []
  for (let k = 1; k < points.length; k++) {
    const [x, y] = points[k]
    const [lastX, lastY] = points[k - 1]
    if (x === lastX) continue
    const column = ((x < lastX ? x : x - 1) + 0.5) / 5 - 0.5
    if (!Number.isInteger(column) || column < 0 || column > width - 1) continue
    const row = Math.min(Math.max((Math.min(y, lastY) + 0.5) / 5 - 0.5, 0), height)
    crossings.push(column * height + Math.ceil(row))
  }
  // pixel by pixel: inside after an odd number of crossings
  let pixels = ''
  for (let pixel = 0; pixel < height * width; pixel++)
    pixels += crossings.filter((crossing) => crossing <= pixel).length % 2
  const runs = (pixels.match(/0+|1+/g) ?? ['']).map((run) => run.length)
  return pixels.startsWith('1') ? [0, ...runs] : runs
}

test('a polygon that reaches 400 million pixels out is drawn at once', (t) => {
  const far = 4e8
  const diamond = [5, -far, far, 5, 5, far, -far, 5]
  t.deepEqual([...runsOf({ polygons: [diamond] }, [10, 10])], [0, 100])
  const wedge = [0, 0, far, far, 0, far]
  const digits = Array.from({ length: 64 }, (_, i) => Number(Math.floor(i / 8) >= i % 8)).join('')
  t.is(digitsOf(decode(frPyObjects(wedge, 8, 8)).data), digits)
})

test('where rounding makes an edge skip a point of the grid, the direction of the edge decides', (t) => {
  // Of its 536,870,911 points, one is 2 further right than the one before: 254 after 252. The
  // strings are those of a C program that does what rleFrPoly does, but keeps only the last point.
  const [x1, y1, x2, y2] = [-53687040.8, -53687011.2, 53687140.6, 53687171.2]
  const rest = [-53687091.2, 53687091]
  const there = compressRuns(runsOf({ polygons: [[x1, y1, x2, y2, ...rest]] }, [200, 100]))
  const back = compressRuns(runsOf({ polygons: [[x2, y2, x1, y1, ...rest]] }, [200, 100]))
  t.is(sha256Of(there), '10a6bab34d5b906eba8908e4aeb7f9163d29770d1f927765f623e6c838d3bfc4')
  t.is(sha256Of(back), 'ec2a094989f787f2541ae307b6bb2fb19f35c62b93b7eaaab62fcbcdd84e7385')
})

test('a coordinate that is no number, or past 32 bits, is refused', (t) => {
  for (const [value, shown] of [
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [429496730, '429496730'],
    [-429496730, '-429496730'],
    ['1', '"1"'],
    [null, 'null'],
    [1n, '1'],
  ] as [number, string][]) {
    t.throws(() => frPyObjects([[0, 0, 5, value, 5, 5]], 9, 9), {
      name: 'CocoError',
      message: `mask.frPyObjects: objects[0] has the coordinate ${shown} at [3]; coordinates are numbers of pixels, within 429 million of 0`,
    })
  }
  t.is(
    frPyObjects([[0, 0, 5, 5, 5, 9, Number.NaN]], 9, 9)[0].counts,
    frPyObjects([[0, 0, 5, 5, 5, 9]], 9, 9)[0].counts,
  )
})

test('a box with a negative size, or NaN, is refused', (t) => {
  for (const [box, shown] of [
    [[1, 1, -3, 2], '[1, 1, -3, 2]'],
    [[1, 1, 3, -0.5], '[1, 1, 3, -0.5]'],
    [[1, Number.NaN, 3, 2], '[1, NaN, 3, 2]'],
  ] as const)
    t.throws(() => frPyObjects(box, 9, 9), {
      name: 'CocoError',
      message: `mask.frPyObjects: the object has the box ${shown}; a box is four finite numbers [x, y, width, height], the last two not negative`,
    })
})

test('a canvas without columns or rows gives one run of 0, however long it is', (t) => {
  const far = [0, 0, 4e8, 0, 4e8, 5]
  for (const size of [
    [0, 5],
    [5, 0],
    [0, 0],
    [0, 2 ** 32 - 1],
    [2 ** 32 - 1, 0],
  ] as const)
    t.deepEqual([...runsOf({ polygons: [far] }, size)], [0])
})

test('a polygon that crosses hundreds of millions of columns is refused at once', (t) => {
  t.throws(() => frPyObjects([0, 0, 4e8, 0, 4e8, 2, 0, 2], 2, 4e8), {
    name: 'CocoError',
    message:
      'mask.frPyObjects: the object crosses 16777216 pixel columns and more; divide it, or use a smaller size',
  })
})
