import fc from 'fast-check'

const number = fc.oneof(
  fc.integer({ min: -3, max: 700 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom('-0', '1e3', '17.250', '9007199254740993', '0.9983614683151245', '4294967296'),
)
const numbers = (maxLength: number) => fc.array(number, { maxLength }).map((list) => `[${list}]`)
const json = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.stringify(value))
const text = fc.string({ unit: 'binary', maxLength: 5 }).map((value) => JSON.stringify(value))
const counts = fc
  .string({ unit: fc.constantFrom(...'0a<\\X`o'), maxLength: 8 })
  .map((value) => JSON.stringify(value))
const size = fc.constantFrom(
  '[480, 640]',
  '[0,0]',
  '[1.5, -0]',
  '[1]',
  '[1, 2, 3]',
  'null',
  '[1, "2"]',
)
const escaped = fc.constantFrom('"a\\nb"', '"\\"0"', '"\\u0041"', '"\\/0"', '"é"', '"\\\\\\n"')
const runLengths = fc
  .tuple(size, fc.oneof(counts, escaped, text, numbers(5), json), fc.constantFrom(0, 1, 2, 3))
  .map(([s, c, form]) => {
    if (form === 0) return `{"size": ${s}, "counts": ${c}}`
    if (form === 1) return `{"counts":${c},"size":${s}}`
    return form === 2
      ? `{"size": ${s}, "counts": ${c}, "more": 1}`
      : `{"size": ${s}, "size": [2, 3]}`
  })
const polygons = fc.array(numbers(9), { maxLength: 3 }).map((list) => `[${list.join(' , ')}]`)

/**
 * A key of an annotation and a value that often fits, sometimes twice, and keys of any other name.
 */
const member = fc.oneof(
  fc.tuple(fc.constantFrom('id', 'image_id', 'category_id'), fc.oneof(number, text, json)),
  fc.tuple(fc.constantFrom('area', 'score', 'num_keypoints'), fc.oneof(number, json)),
  fc.tuple(
    fc.constant('iscrowd'),
    fc.oneof(fc.constantFrom('0', '1', 'true', 'false'), number, json),
  ),
  fc.tuple(fc.constant('bbox'), fc.oneof(numbers(5), fc.constant('[1, 2.5, 3, 4]'), json)),
  fc.tuple(fc.constant('keypoints'), fc.oneof(numbers(9), json)),
  fc.tuple(fc.constant('segmentation'), fc.oneof(polygons, runLengths, json)),
  fc.tuple(fc.constantFrom('caption', '__proto__', '', 'ignore', '7', 'b\\u0062ox'), json),
)
/** An annotation as JSON: every kind of content, and none that has to fit. */
export const anyEntry = fc
  .tuple(fc.array(member, { maxLength: 8 }), fc.constantFrom('', ' ', '\n\t'))
  .map(([members, space]) => {
    const pairs = members.map(([key, value]) => `"${key}"${space}:${space}${value}`)
    return `{${space}${pairs.join(`${space},${space}`)}${space}}`
  })
