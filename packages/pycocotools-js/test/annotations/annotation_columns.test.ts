import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test from 'ava'
import fc from 'fast-check'
import { type AnnotationFile, readAnnotations } from '../../source/index.js'
import { anyEntry } from '../any_entry.js'
import { partsOf, withTable } from '../columns/column_parts.js'
import { accessors } from '../row_accessors.js'

let folder: string
let count = 0
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'annotation-columns-'))
})
test.after.always(() => rm(folder, { recursive: true, force: true }))

/** A file of annotations, and a place for its columns. */
async function written(text: string): Promise<{ path: string; columns: string }> {
  const path = join(folder, `${++count}.json`)
  await writeFile(path, text)
  return { path, columns: `${path}.columns` }
}

const SEGMENTATIONS = [
  [[1, 2.5, 3, 4, 5, 6]],
  { size: [4, 6], counts: '24N2' },
  { size: [4, 6], counts: [4, 20] },
  null,
]

/** Annotations with a value for every section. */
const fileOf = (length: number) =>
  JSON.stringify({
    info: { year: 2017 },
    images: [
      { id: 1, height: 4, width: 6, file_name: 'a.jpg' },
      { id: 'é', height: 4, width: 6, file_name: '\ud800' },
    ],
    annotations: Array.from({ length }, (_, i) => ({
      id: i % 7 === 0 ? `a${i}` : i,
      image_id: i % 2 === 0 ? 1 : 'é',
      category_id: i % 3 === 0 ? 1 : 'cat',
      area: i / 4,
      iscrowd: i % 2,
      ignore: i % 5 === 0,
      score: i / length,
      num_keypoints: i,
      bbox: [i, 0.5, 2, 3],
      keypoints: i % 2 === 0 ? [i, 1, 2] : [i + 0.5, 1, 2],
      segmentation: SEGMENTATIONS[i % SEGMENTATIONS.length],
      attributes: { occluded: i },
    })),
    categories: [{ id: 1, name: 'cat' }],
    licenses: [],
  })
/** More than a chunk of rows. */
const MANY = fileOf(5000)
const FEW = fileOf(20)

/** All that can be asked of a file. */
function contents({ dataset, rows, hasAnnotations }: AnnotationFile) {
  const annotations = Array.from({ length: rows.length }, (_, row) => ({
    ...accessors(rows, row),
    ignored: rows.ignored(row),
    has: ['bbox', 'ignore', 'caption'].map((key) => rows.has(row, key)),
    lacks: ['id', 'area', 'iscrowd', 'caption'].map((key) => rows.lacks(row, key)),
    object: rows.at(row) as unknown,
    keys: Object.keys(rows.at(row)),
  }))
  return { dataset, keys: Object.keys(dataset), hasAnnotations, annotations }
}

test('annotations from columns are those of the file, through every accessor', async (t) => {
  const image = fc.oneof(
    fc
      .tuple(fc.oneof(fc.integer(), fc.string()), fc.jsonValue({ maxDepth: 2 }))
      .map(([id, more]) => JSON.stringify({ id, more, file_name: 'é' })),
    fc.constantFrom('{}', '{"id": 1, "__proto__": {"a": 1}}', '{"id": 1, "1": 2, "0": 3}'),
  )
  const property = fc.asyncProperty(
    fc.array(anyEntry, { maxLength: 6 }),
    fc.array(image, { maxLength: 3 }),
    fc.constantFrom('', '"annotations": 0, ', '"info": {"a": [null, "\\ud800"]}, "": true, '),
    async (entries, images, more) => {
      const text = `{${more}"images": [${images}], "annotations": [${entries}], "categories": []}`
      const { path, columns } = await written(text)
      const plain = contents(await readAnnotations(path))
      const first = await readAnnotations(path, { columns })
      const second = await readAnnotations(path, { columns })
      t.deepEqual(first.columns, { wereRead: false })
      t.deepEqual(second.columns, { wereRead: true })
      t.is(second.keptRules, first.keptRules)
      t.deepEqual(contents(first), plain, text)
      t.deepEqual(contents(second), plain, text)
    },
  )
  await t.notThrowsAsync(async () => fc.assert(property, { numRuns: 100 }))
})

test('rows past the first chunk, text ids and every kind of list come back', async (t) => {
  const { path, columns } = await written(MANY)
  const plain = contents(await readAnnotations(path))
  await readAnnotations(path, { columns })
  const again = await readAnnotations(pathToFileURL(path), { columns })
  t.true(again.columns!.wereRead)
  t.deepEqual(contents(again), plain)
  t.deepEqual(contents(again).annotations.reverse(), plain.annotations.reverse(), 'in any order')
})

test('numbers come back as they are, however few bytes those of a chunk fit in', async (t) => {
  const limits = [0, 1, 255, 256, -1, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 0.5, 1e300, -0, Infinity]
  for (const limit of limits) {
    const shown = Object.is(limit, -0) ? '-0' : `${limit}`
    const annotations = Array.from({ length: 4100 }, (_, i) => `{"area": ${i === 7 ? shown : 1}}`)
    const { path, columns } = await written(`{"annotations": [${annotations}]}`)
    await readAnnotations(path, { columns })
    const { rows } = await readAnnotations(path, { columns })
    t.is(rows.area(7), limit)
    t.is(rows.area(4095), 1)
    t.is(rows.area(4099), 1)
  }
})

test('a list of many chunks, and one longer than a chunk, come back', async (t) => {
  const long = Array.from({ length: 40_000 }, (_, i) => i / 4)
  const annotations = Array.from({ length: 300 }, (_, i) => ({
    segmentation: i % 100 === 50 ? [long, [i]] : [long.slice(i, i + 500)],
    keypoints: long.slice(0, 300).map((x) => 4 * x),
  }))
  const { path, columns } = await written(JSON.stringify({ annotations }))
  await readAnnotations(path, { columns })
  const { rows } = await readAnnotations(path, { columns })
  t.deepEqual([...rows] as unknown[], annotations)
  t.deepEqual(rows.at(299) as unknown, annotations[299])
  t.deepEqual(rows.at(0) as unknown, annotations[0])
})

test('images that are absent, null or none stay so', async (t) => {
  for (const text of ['{}', '{"images": null}', '{"images": []}', '{"annotations": []}']) {
    const { path, columns } = await written(text)
    await readAnnotations(path, { columns })
    const again = await readAnnotations(path, { columns })
    t.true(again.columns!.wereRead)
    t.deepEqual(contents(again), contents(await readAnnotations(path)))
  }
})

test('a bit that is flipped in any part is noticed, and the columns are written anew', async (t) => {
  const { path, columns } = await written(FEW)
  const plain = contents(await readAnnotations(path))
  await readAnnotations(path, { columns })
  const sound = await readFile(columns)
  const parts = partsOf(sound)
  t.true(parts.length > 25)
  for (const { name, start, end } of parts)
    for (const at of new Set([start, end - 1])) {
      const spoilt = Buffer.from(sound)
      spoilt[at] ^= 1 << (at % 8)
      await writeFile(columns, spoilt)
      const { columns: use, rows } = await readAnnotations(path, { columns })
      t.false(use!.wereRead, name)
      t.regex(use!.fault!, /^(has a wrong checksum|is )/, name)
      if (at > 24 && name !== 'table') t.is(use!.fault, `has a wrong checksum in '${name}'`)
      t.is(rows.length, plain.annotations.length)
      t.true(sound.equals(await readFile(columns)), name)
    }
  const again = await readAnnotations(path, { columns })
  t.deepEqual(again.columns, { wereRead: true })
  t.deepEqual(contents(again), plain)
})

test('columns that are cut at any boundary, or go on, are not used', async (t) => {
  const { path, columns } = await written(FEW)
  await readAnnotations(path, { columns })
  const sound = await readFile(columns)
  for (const { name, start, end } of partsOf(sound))
    for (const length of new Set([start, end - 1])) {
      await writeFile(columns, sound.subarray(0, length))
      t.deepEqual(
        (await readAnnotations(path, { columns })).columns,
        { wereRead: false, fault: 'is cut short' },
        name,
      )
    }
  await writeFile(columns, Buffer.concat([sound, Buffer.of(0)]))
  t.is((await readAnnotations(path, { columns })).columns!.fault, 'is too long')
})

test('columns of another version, or of the other byte order, are not used', async (t) => {
  const { path, columns } = await written(FEW)
  await readAnnotations(path, { columns })
  for (const [at, value, fault] of [
    [8, 99, 'is of version 99, not 1'],
    [12, 0x04030201, 'is of another byte order'],
  ] as const) {
    const bytes = await readFile(columns)
    bytes.writeUInt32LE(value, at)
    await writeFile(columns, bytes)
    t.is((await readAnnotations(path, { columns })).columns!.fault, fault)
  }
})

test('a file that changed is read itself, though its size and time of change are those of before', async (t) => {
  const { path, columns } = await written('{"annotations": [{"area": 1}]}')
  const { atime, mtime } = await stat(path)
  await readAnnotations(path, { columns })
  await writeFile(path, '{"annotations": [{"area": 2}]}')
  await utimes(path, atime, mtime)
  const { rows, columns: use } = await readAnnotations(path, { columns })
  t.is(rows.area(0), 2)
  t.deepEqual(use, { wereRead: false, fault: 'is of another state of the annotation file' })
  t.is((await readAnnotations(path, { columns })).rows.area(0), 2)
})

test('the columns of another file are not used', async (t) => {
  const first = await written('{"annotations": [{"area": 1}]}')
  const other = await written('{"annotations": [{"area": 2}]}')
  await readAnnotations(first.path, first)
  const { rows, columns } = await readAnnotations(other.path, { columns: first.columns })
  t.is(rows.area(0), 2)
  t.false(columns!.wereRead)
})

test('a folder that is not there, or is none, costs the columns and nothing else', async (t) => {
  const { path } = await written('{"annotations": [{"area": 1}]}')
  for (const [columns, code] of [
    [join(folder, 'none', 'a.columns'), 'ENOENT'],
    [join(path, 'a.columns'), 'ENOTDIR'],
  ]) {
    const { rows, columns: use } = await readAnnotations(path, { columns })
    t.is(rows.area(0), 1)
    t.deepEqual(use, { wereRead: false, fault: `could not be written (${code})` })
  }
})

test('what JSON would change is not kept', async (t) => {
  for (const image of ['{"id": 9007199254740993}', '{"id": 1, "a": [-0]}', '{"id": 1, "a": NaN}']) {
    const { path, columns } = await written(`{"images": [${image}]}`)
    for (let i = 0; i < 2; i++) {
      const file = await readAnnotations(path, { columns })
      t.deepEqual(contents(file), contents(await readAnnotations(path)))
      const fault = 'was not written, since it cannot keep NaN, -0 or an id past 2^53'
      t.deepEqual(file.columns, { wereRead: false, fault })
    }
  }
})

test('several readers at a time write the same columns, and leave nothing else', async (t) => {
  const { path, columns } = await written(MANY)
  const files = await Promise.all(
    Array.from({ length: 5 }, () => readAnnotations(path, { columns })),
  )
  for (const file of files) t.is(file.rows.length, 5000)
  t.deepEqual((await readAnnotations(path, { columns })).columns, { wereRead: true })
  t.deepEqual(
    (await readdir(folder)).filter((name) => name.startsWith(`${basename(columns)}.`)),
    [],
  )
})

test('columns that are deleted while they are used can still be read', async (t) => {
  const { path, columns } = await written(MANY)
  await readAnnotations(path, { columns })
  const file = await readAnnotations(path, { columns })
  await rm(columns)
  t.deepEqual(contents(file), contents(await readAnnotations(path)))
})

const image = { id: 1, height: 4, width: 6 }
const annotation = { id: 1, image_id: 1, category_id: 1, bbox: [0, 0, 2, 2] }
const polygon = { ...annotation, segmentation: [[0, 0, 4, 0, 4, 3]] }

test('the rules that a whole file keeps are known with its columns', async (t) => {
  for (const [kept, images, annotations, categoryId] of [
    ['masks', [image], [polygon, polygon], 1],
    ['boxes', [image], [polygon, annotation], 1],
    ['boxes', [{ id: 1 }], [polygon], 1],
    ['boxes', [{ id: 1 }], [{ ...annotation, segmentation: SEGMENTATIONS[2] }], 1],
    ['none', [image], [polygon, { ...polygon, bbox: [0, 0, -1, 2] }], 1],
    ['none', [image], [polygon, { ...polygon, image_id: 2 }], 1],
    ['none', [image], [polygon], 2],
    ['none', [image, {}], [polygon], 1],
  ] as const) {
    const dataset = { images, annotations, categories: [{ id: categoryId }] }
    const { path, columns } = await written(JSON.stringify(dataset))
    t.is((await readAnnotations(path, { columns })).keptRules, kept)
    t.is((await readAnnotations(path, { columns })).keptRules, kept)
  }
})

test('columns that are whole but say otherwise than they should are not used', async (t) => {
  const { path, columns } = await written(FEW)
  await readAnnotations(path, { columns })
  const sound = await readFile(columns)
  for (const name of ['shapes', 'bbox', 'images', 'segmentation.doubles']) {
    const other = withTable(sound, ({ sections }) => {
      sections.find((section) => section.name === name)!.about = {}
    })
    await writeFile(columns, other)
    const { columns: use, rows } = await readAnnotations(path, { columns })
    t.regex(use!.fault!, /^could not be read \(/, name)
    t.is(rows.length, 20)
  }
  const other = withTable(sound, ({ sections }) => {
    sections[sections.length - 1].name = 'other'
  })
  await writeFile(columns, other)
  t.regex((await readAnnotations(path, { columns })).columns!.fault!, /^has no section '/)
})

test('rules of another version are not known', async (t) => {
  const { path, columns } = await written(JSON.stringify({ annotations: [] }))
  await readAnnotations(path, { columns })
  const other = withTable(await readFile(columns), ({ sections }) => {
    sections.find(({ name }) => name === 'dataset')!.about.rules = { version: 0, kept: 'masks' }
  })
  await writeFile(columns, other)
  const file = await readAnnotations(path, { columns })
  t.true(file.columns!.wereRead)
  t.is(file.keptRules, undefined)
})

test('a file that is not there, or is no JSON, is refused in the same words', async (t) => {
  const { path, columns } = await written('{"annotations": [')
  for (const source of [path, join(folder, 'none.json')]) {
    const { message } = (await t.throwsAsync(readAnnotations(source)))!
    await t.throwsAsync(readAnnotations(source, { columns }), { message })
  }
})
