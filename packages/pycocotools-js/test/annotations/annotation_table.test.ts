import test from 'ava'
import fc from 'fast-check'
import type { AnnotationTable } from '../../source/annotations/annotation_table.js'
import { ObjectRows } from '../../source/annotations/object_rows.js'
import { readResultFile } from '../../source/annotations/read_annotations.js'
import { isId } from '../../source/ids.js'
import type { CocoAnnotation } from '../../source/index.js'
import { anyEntry } from '../any_entry.js'
import { accessors } from '../row_accessors.js'

/** Entries of a list, as JSON, read into columns through small windows. */
function tableOf(entries: readonly string[], windowBytes = 64): Promise<AnnotationTable> {
  const bytes = new TextEncoder().encode(`[${entries.join(', ')}]`)
  return readResultFile(bytes, 'entries', { windowBytes })
}

/** The annotation with long ids as `JSON.parse` returns them. */
function rounded(annotation: object): unknown {
  for (const [key, value] of Object.entries(annotation) as [keyof typeof annotation, unknown][])
    if (typeof value === 'bigint') annotation[key] = Number(value) as never
  return annotation
}

test('an annotation made from columns is what JSON.parse makes, with its keys in the same order', async (t) => {
  const property = fc.asyncProperty(
    fc.array(anyEntry, { minLength: 1, maxLength: 6 }),
    async (entries) => {
      const table = await tableOf(entries)
      t.is(table.length, entries.length)
      for (const [row, text] of entries.entries()) {
        t.deepEqual(rounded(table.at(row)), JSON.parse(text), text)
        t.is(JSON.stringify(rounded(table.at(row))), JSON.stringify(JSON.parse(text)))
      }
    },
  )
  await t.notThrowsAsync(async () => fc.assert(property, { numRuns: 1500 }))
})

test('columns and objects give the same through every accessor', async (t) => {
  const property = fc.asyncProperty(
    fc.array(anyEntry, { minLength: 1, maxLength: 6 }),
    async (entries) => {
      const table = await tableOf(entries)
      const objects = new ObjectRows(entries.map((text) => JSON.parse(text) as CocoAnnotation))
      for (const [row, text] of entries.entries()) {
        const [fromColumns, fromObjects] = [accessors(table, row), accessors(objects, row)]
        for (const key of ['id', 'imageId', 'categoryId'] as const)
          if (!isId(fromObjects[key])) fromObjects[key] = undefined // as the loader refuses these
        t.deepEqual(fromColumns, fromObjects, text)
        for (const key of ['bbox', 'segmentation', 'ignore', 'none'])
          t.is(table.has(row, key), objects.has(row, key), text)
      }
    },
  )
  await t.notThrowsAsync(async () => fc.assert(property, { numRuns: 1500 }))
})

test('values are kept when an entry is read again because its window ended', async (t) => {
  const entries = [
    '{"id": 1, "name": "a", "bbox": [1, 2, 3, 4]}',
    '{"id": "é", "name": [{}], "area": 0.5}',
  ]
  for (let windowBytes = 1; windowBytes < 64; windowBytes++) {
    const table = await tableOf(entries, windowBytes)
    t.deepEqual(
      [...table] as unknown[],
      entries.map((text) => JSON.parse(text)),
    )
  }
})

test('NaN and Infinity are kept in columns and in other values', async (t) => {
  const table = await tableOf([
    '{"id": NaN, "area": Infinity, "bbox": [NaN, 1, 2, 3], "keypoints": [NaN], "a": [-Infinity]}',
  ])
  t.deepEqual(table.at(0) as unknown, {
    id: Number.NaN,
    area: Number.POSITIVE_INFINITY,
    bbox: [Number.NaN, 1, 2, 3],
    keypoints: [Number.NaN],
    a: [Number.NEGATIVE_INFINITY],
  })
  t.is(table.id(0), undefined as never)
  t.is(table.area(0), Number.POSITIVE_INFINITY)
  t.false(table.writeBox(0, new Float64Array(4), 0))
})

test('where every entry has other keys, they are kept whole', async (t) => {
  const entries = Array.from({ length: 6000 }, (_, i) =>
    JSON.stringify({
      [`key${i}`]: i,
      id: i,
      bbox: [i, 1, 2, 3],
      segmentation: [[i, 1]],
      keypoints: [i, 2, 1],
      [`other${i}`]: null,
    }),
  )
  const table = await tableOf(entries, 2 ** 16)
  const objects = new ObjectRows(entries.map((text) => JSON.parse(text) as CocoAnnotation))
  for (const row of [0, 254, 255, 256, 1000, 5999]) {
    t.deepEqual(table.at(row), objects.at(row))
    t.deepEqual(accessors(table, row), accessors(objects, row))
    t.true(table.has(row, `other${row}`))
    t.false(table.has(row, 'key'))
  }
})

test('rows past the first chunk, and lists longer than a chunk, are found', async (t) => {
  const long = Array.from({ length: 40_000 }, (_, i) => i / 4)
  const entries = Array.from({ length: 9000 }, (_, i) => ({
    image_id: i,
    ...(i % 5000 === 4999 ? { area: i, segmentation: [long, [i]], keypoints: [] } : {}),
    ...(i % 3 === 0 ? { segmentation: { size: [i, 2], counts: [i, 1] }, keypoints: [i] } : {}),
    ...(i % 7 === 0 ? { segmentation: { size: [i, 2], counts: `${i}\\` } } : {}),
  }))
  const table = await tableOf(
    entries.map((entry) => JSON.stringify(entry)),
    2 ** 16,
  )
  t.deepEqual([...table] as unknown[], entries)
  t.is(table.area(4998), Number.NaN)
  t.is(table.area(4999), 4999)
})

test('segmentations of every form may follow each other', async (t) => {
  const forms = [
    '{"size": [2, 3], "counts": "06"}',
    '{"size": [2, 3], "counts": [6]}',
    '[[1, 2, 3, 4, 5, 6], [7]]',
    '{"counts": "51", "size": [2, 3]}',
    '{"counts": [5, 1], "size": [2, 3]}',
    'null',
    '[]',
  ]
  const entries = forms.flatMap((a) => forms.flatMap((b) => [a, b]))
  const table = await tableOf(entries.map((form) => `{"segmentation": ${form}}`))
  const objects = new ObjectRows(
    entries.map((form) => ({ segmentation: JSON.parse(form) }) as never),
  )
  for (let row = 0; row < entries.length; row++) {
    t.deepEqual(table.at(row), objects.at(row))
    t.deepEqual(accessors(table, row), accessors(objects, row))
  }
})

test('the place of a fault is right behind a value that its column could not take', async (t) => {
  for (const [entry, line, column] of [
    ['{"bbox": [1,\n  2, null], "id" 1}', 2, 18],
    ['{"id": "é\\x"}', 1, 11],
    ['{"segmentation": {"size":\n[1, 2],\n "é": 1}, x}', 3, 11],
  ] as const)
    await t.throwsAsync(tableOf([entry]), {
      message: new RegExp(`^entries: is not JSON at line ${line}, column ${column}: `),
    })
})
