import test from 'ava'
import { annotationRules, COCO, CocoError, readAnnotations } from '../../source/index.js'

const RULE = 'an id is text or a number within 2^53'
const LONG = '9223372036854775807'

/** A sound file as text, with one place changed. */
function textWith(from: string, to: string): string {
  const text =
    '{"images": [{"id": 1}, {"id": 2}], "categories": [{"id": 3}], "annotations": [' +
    '{"id": 4, "image_id": 1, "category_id": 3, "bbox": [0, 0, 1, 1]}, ' +
    '{"id": 5, "image_id": 2, "category_id": 3, "bbox": [0, 0, 1, 1]}]}'
  if (!text.includes(from)) throw new Error(from)
  return text.replace(from, to)
}

const bytesOf = (text: string) => new TextEncoder().encode(text)

for (const [from, subject, key] of [
  ['{"id": 2}', 'images[1]', 'id'],
  ['{"id": 3}', 'categories[0]', 'id'],
  ['"id": 5', 'annotations[1]', 'id'],
  ['"image_id": 2', 'annotations[1]', 'image_id'],
  ['"category_id": 3, "bbox": [0, 0, 1, 1]}]', 'annotations[1]', 'category_id'],
] as const)
  for (const id of [LONG, '9007199254740993', `-${LONG}`])
    test(`${key} ${id} of ${subject} is refused by its digits`, async (t) => {
      const text = textWith(from, from.replace(/(id": )\d/, `$1${id}`))
      await t.throwsAsync(COCO.load(bytesOf(text), { name: 'gt.json' }), {
        instanceOf: CocoError,
        message: `gt.json: ${subject} has the ${key} ${id}; ${RULE}`,
      })
    })

test('so are long ids of entries that are kept whole, since each has other keys', async (t) => {
  const entries = Array.from(
    { length: 300 },
    (_, i) => `{"key${i}": 0, "image_id": 1, "id": ${i < 299 ? i + 1 : LONG}}`,
  )
  const text = `{"images": [{"id": 1}], "annotations": [${entries.join()}]}`
  await t.throwsAsync(COCO.load(bytesOf(text)), {
    message: `dataset: annotations[299] has the id ${LONG}; ${RULE}`,
  })
})

test('ids that differ only past 2^53 are not taken for one another', async (t) => {
  const text = textWith('{"id": 1}, {"id": 2}', `{"id": ${LONG}}, {"id": 9223372036854775806}`)
  const { dataset } = await readAnnotations(bytesOf(text))
  t.deepEqual(dataset.images as unknown, [{ id: BigInt(LONG) }, { id: 9223372036854775806n }])
})

test('the rules name long ids by their digits', async (t) => {
  const sentences = async (text: string) => {
    const file = await readAnnotations(bytesOf(text))
    const fault = annotationRules(file)(1)
    return `${fault?.subject} ${fault?.what}; ${fault?.fix}`
  }
  t.is(
    await sentences(textWith('"id": 5', `"id": ${LONG}`)),
    `annotations[1] has the id ${LONG}; ${RULE}`,
  )
  t.is(
    await sentences(textWith('"image_id": 2', `"image_id": ${LONG}`)),
    `annotation 5 has the image_id ${LONG}; ${RULE}`,
  )
  t.is(
    await sentences(
      textWith('"category_id": 3, "bbox": [0, 0, 1, 1]}]', `"category_id": ${LONG}}]`),
    ),
    `annotation 5 (image 2) has the category_id ${LONG}; ${RULE}`,
  )
})

test('results are refused by the digits of their ids, but for their own, which are not read', async (t) => {
  const groundTruth = await COCO.load(bytesOf(textWith('', '')))
  const load = (entry: string) =>
    groundTruth.loadRes(bytesOf(`[{"bbox": [0, 0, 1, 1], "score": 1, ${entry}}]`))
  await t.throwsAsync(load(`"image_id": ${LONG}, "category_id": 3`), {
    message: `results: entry [0] has the image_id ${LONG}; ${RULE}`,
  })
  await t.throwsAsync(load(`"image_id": 1, "category_id": ${LONG}`), {
    message: `results: entry [0] (image 1) has the category_id ${LONG}; ${RULE}`,
  })
  const detected = await load(`"image_id": 1, "category_id": 3, "id": ${LONG}`)
  t.deepEqual(detected.loadAnns(1)[0].id, 1)
  t.throws(() => groundTruth.loadRes({ data: [2 ** 60, 0, 0, 1, 1, 1, 3], shape: [1, 7] }), {
    message: `results: row [0] has the image id ${2 ** 60}; an id is a number within 2^53`,
  })
})
