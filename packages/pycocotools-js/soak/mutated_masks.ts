/** Inputs for the mask functions that are nearly right: right ones, with something changed. */
import { encode, frPyObjects, type RLE } from '../source/mask/index.js'
import type { Random } from './random.js'

/** What stands in place of a number. */
const STRANGE_NUMBERS: unknown[] = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -1,
  -0,
  0.5,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53,
  1e300,
  5e-324,
  '7',
  '',
  null,
  undefined,
  true,
  10n,
  [],
  [3],
  {},
  Symbol('a number'),
]
/** What stands in place of an object. */
const STRANGE_OBJECTS: unknown[] = [
  null,
  undefined,
  5,
  'text',
  [],
  {},
  [[]],
  [null],
  () => 5,
  new Float64Array(3),
  new DataView(new ArrayBuffer(8)),
  { size: [2, 3] },
  { counts: '6' },
  { size: null, counts: null },
]

/** The value, or about once in `n` something else. */
function strangely<T>(random: Random, n: number, value: T, strange: readonly unknown[]): unknown {
  return random.below(n) === 0 ? random.pick(strange) : value
}

/** Right masks, small and large, to start from. */
export function rightRles(random: Random): RLE<string>[] {
  const noise = Array.from({ length: 60 }, () => {
    const size: [number, number] = [random.below(9), random.below(9)]
    const density = random.next()
    const data = Uint8Array.from({ length: size[0] * size[1] }, () =>
      Number(random.next() < density),
    )
    return encode({ size, data })
  })
  const blobs = Array.from({ length: 40 }, () => {
    const size = random.pick([
      [30, 40],
      [48, 64],
      [200, 3],
    ])
    return frPyObjects(blob(random, size[0], size[1]), size[0], size[1])
  })
  const large = frPyObjects(
    [
      { size: [60_000, 70_000], counts: [2 ** 31, 5, 4_200_000_000 - 2 ** 31 - 5] },
      { size: [1, 2 ** 32 - 1], counts: [0, 2 ** 32 - 1] },
      {
        size: [2 ** 32 - 1, 1],
        counts: [2 ** 30, 2 ** 31, 3, 2 ** 32 - 1 - 2 ** 30 - 2 ** 31 - 3],
      },
      { size: [10, 10], counts: [0, 0, 5, 0, 0, 20, 75, 0] },
    ],
    1,
    1,
  )
  return [...noise, ...blobs, ...large]
}

/** A mask in compressed run lengths. */
export function mutatedRle(random: Random, rles: readonly RLE<string>[]): unknown {
  const { size, counts } = random.pick(rles)
  let text = counts
  for (let i = random.below(3); i > 0; i--)
    text = mutatedText(random, text, random.pick(rles).counts)
  const form =
    random.below(2) === 0 ? text : Uint8Array.from(text, (letter) => letter.charCodeAt(0))
  const mutatedCounts = strangely(random, 50, form, STRANGE_OBJECTS)
  const rle = { size: mutatedSize(random, size), counts: mutatedCounts }
  return strangely(random, 100, rle, STRANGE_OBJECTS)
}

function mutatedText(random: Random, text: string, other: string): string {
  const place = random.below(text.length + 1)
  const end = place + random.below(text.length + 1 - place)
  const letter = String.fromCharCode(
    random.pick([
      48 + random.below(64),
      48 + random.below(64),
      random.below(256),
      random.below(65536),
    ]),
  )
  const flipped = String.fromCharCode((text.charCodeAt(place) || 48) ^ (1 << random.below(7)))
  return random.pick([
    text.slice(0, place) + letter + text.slice(place + 1),
    text.slice(0, place) + flipped + text.slice(place + 1),
    text.slice(0, place) + letter + text.slice(place),
    text.slice(0, place),
    text.slice(place),
    text.slice(0, place) + text.slice(end),
    text.slice(0, end) + text.slice(place),
    text.slice(0, place) + other,
    text.slice(0, place) + 'PPPPPPP'.slice(random.below(7)) + text.slice(place),
    text + text,
    '',
  ])
}

function mutatedSize(random: Random, [height, width]: [number, number]): unknown {
  if (random.below(4) > 0) return [height, width]
  return random.pick<unknown>([
    [width, height],
    [height + 1, width],
    [height, width - 1],
    [-height, -width],
    [height],
    [height, width, 1],
    [height * width, 1],
    Uint32Array.of(height, width),
    [2 ** 16, 2 ** 16],
    [0, 2 ** 33],
    [random.pick(STRANGE_NUMBERS), width],
    [height, random.pick(STRANGE_NUMBERS)],
    random.pick(STRANGE_OBJECTS),
  ])
}

/** Polygons, boxes or uncompressed run lengths, alone or in a list. */
export function mutatedObject(random: Random, height: number, width: number): unknown {
  const kind = random.below(8)
  if (kind < 4) {
    const polygons = Array.from({ length: 1 + random.below(3) }, () =>
      mutatedNumbers(random, blob(random, height, width)),
    )
    return strangely(random, 50, kind === 0 ? polygons[0] : polygons, STRANGE_OBJECTS)
  }
  if (kind < 6) {
    const boxes = Array.from({ length: 1 + random.below(3) }, () =>
      mutatedNumbers(random, mutatedBox(random, height, width)),
    )
    return strangely(random, 50, kind === 4 ? boxes[0] : boxes, STRANGE_OBJECTS)
  }
  const runs = Array.from({ length: 1 + random.below(2) }, () => mutatedRuns(random))
  return strangely(random, 50, kind === 6 ? runs[0] : runs, STRANGE_OBJECTS)
}

function mutatedRuns(random: Random): unknown {
  const size: [number, number] = [random.below(9), random.below(9)]
  const runs: number[] = []
  for (let rest = size[0] * size[1]; rest > 0; rest -= runs[runs.length - 1])
    runs.push(Math.min(rest, random.below(12)))
  const counts = random.below(3) === 0 ? runs : mutatedNumbers(random, runs)
  return { size: mutatedSize(random, size), counts }
}

/** Four numbers, mostly those of a box. */
export function mutatedBox(random: Random, height: number, width: number): number[] {
  return [
    random.next() * width * 1.5 - width / 4,
    random.next() * height * 1.5 - height / 4,
    random.next() * width,
    random.next() * height - (random.below(20) === 0 ? height / 2 : 0),
  ]
}

/** The list with numbers changed, left out, added or repeated, or as a typed array. */
export function mutatedNumbers(random: Random, numbers: number[]): unknown {
  let list: unknown[] = [...numbers]
  for (let i = random.below(3); i > 0 && list.length > 0; i--) {
    const place = random.below(list.length)
    list = random.pick([
      () => list.with(place, random.pick(STRANGE_NUMBERS)),
      () => list.with(place, (random.next() - 0.5) * 10 ** random.below(10)),
      () => list.with(place, (random.next() - 0.5) * 10 ** random.below(10)),
      () => list.slice(0, place),
      () => list.slice(place),
      () => [...list.slice(0, place), ...list],
      () => [...list, random.next() * 50],
      () => list.map((value) => (typeof value === 'number' ? Math.round(value) : value)),
    ])()
  }
  const isPlain = list.every((value) => typeof value === 'number')
  const form = isPlain && random.below(10) === 0 ? Float64Array.from(list as number[]) : list
  return strangely(random, 100, form, STRANGE_OBJECTS)
}

/** `[height, width]` of an image, rarely a strange one. */
export function mutatedImageSize(random: Random): [unknown, unknown] {
  const size = random.pick([
    [30, 40],
    [30, 40],
    [30, 40],
    [1, 50],
    [50, 1],
    [0, 7],
    [7, 0],
    [65_000, 66_000],
    [2 ** 32 - 1, 1],
  ])
  return [
    strangely(random, 100, size[0], STRANGE_NUMBERS),
    strangely(random, 100, size[1], STRANGE_NUMBERS),
  ]
}

/** A mask pixel by pixel. */
export function mutatedBinaryMask(random: Random): unknown {
  const size: [number, number] = [random.below(9), random.below(9)]
  const length = size[0] * size[1] + (random.below(8) === 0 ? 1 : 0)
  const data = Uint8Array.from({ length }, () => random.pick([0, 1, 1, random.below(256)]))
  const mask = {
    size: mutatedSize(random, size),
    data: strangely(random, 30, data, [...STRANGE_OBJECTS, [...data], data.buffer]),
  }
  return strangely(random, 50, mask, STRANGE_OBJECTS)
}

/** Flags of crowds for `count` ground truths. */
export function mutatedCrowd(random: Random, count: number): unknown {
  const length = count + (random.below(20) === 0 ? 1 : 0)
  const flags = Array.from({ length }, () =>
    strangely(random, 60, random.pick([0, 1, true, false]), STRANGE_NUMBERS),
  )
  return strangely(random, 60, flags, STRANGE_OBJECTS)
}

function blob(random: Random, height: number, width: number): number[] {
  const vertices = 3 + random.below(6)
  const radius = Math.max(1, random.next() * Math.min(Math.max(height, width), 100))
  const x = random.next() * Math.min(width, 100)
  const y = random.next() * Math.min(height, 100)
  return Array.from({ length: vertices }, (_, i) => {
    const angle = (2 * Math.PI * i) / vertices
    const reach = radius * (0.4 + random.next())
    return [x + reach * Math.cos(angle), y + reach * Math.sin(angle)]
  }).flat()
}
