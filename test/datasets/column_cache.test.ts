import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { columnsPath, MIN_CACHED_BYTES, userCacheFolder } from '../../datasets/column_cache.js'
import { type CocoOptions, loadCoco } from '../../datasets/index.js'

let folder: string
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'column-cache-'))
})
test.after.always(() => rm(folder, { recursive: true, force: true }))

test('the user’s cache folder is where the system keeps caches', (t) => {
  const home = homedir()
  const end = join('vanilladet', 'annotations')
  t.is(userCacheFolder({ XDG_CACHE_HOME: '/x' }, 'linux'), join('/x', end))
  t.is(userCacheFolder({}, 'linux'), join(home, '.cache', end))
  t.is(userCacheFolder({}, 'darwin'), join(home, 'Library', 'Caches', end))
  t.is(userCacheFolder({ LOCALAPPDATA: '/local' }, 'win32'), join('/local', end))
  t.is(userCacheFolder({}, 'win32'), join(home, 'AppData', 'Local', end))
})

test('small files, and all where it is switched off, have no cache', async (t) => {
  const file = join(folder, 'small.json')
  await writeFile(file, '')
  t.is(await columnsPath(file, MIN_CACHED_BYTES - 1, folder), undefined)
  t.is(await columnsPath(file, MIN_CACHED_BYTES, false), undefined)
  t.regex((await columnsPath(file, MIN_CACHED_BYTES, folder))!, /[0-9a-f]{32}\.columns$/)
})

test('a folder that takes no others is found out when the cache is written, and holds nothing up', async (t) => {
  const file = join(folder, 'stuck.json')
  await writeFile(file, '')
  const cache = process.platform === 'linux' ? '/proc/none/cache' : join(file, 'cache')
  t.true((await columnsPath(file, MIN_CACHED_BYTES, cache))!.startsWith(cache))
})

test('a link has the cache of its file, and another file has its own', async (t) => {
  const [file, link, other] = ['file.json', 'link.json', 'other.json'].map((n) => join(folder, n))
  await writeFile(file, '')
  await writeFile(other, '')
  await symlink(file, link)
  const path = await columnsPath(file, MIN_CACHED_BYTES, folder)
  t.is(await columnsPath(link, MIN_CACHED_BYTES, folder), path)
  t.not(await columnsPath(other, MIN_CACHED_BYTES, folder), path)
})

const ann = (id: number, rest: object = {}) => ({
  ...{ id, image_id: 1 + (id % 2), category_id: 1, bbox: [1, 2, 10, 20], area: 200, iscrowd: 0 },
  segmentation: [[1, 2, 11, 2, 11, 22]],
  ...rest,
})

/** An annotation file that is long enough to be cached, of two images. */
async function largeFile(
  name: string,
  annotations: object[],
): Promise<CocoOptions & { cache: string }> {
  const home = join(folder, name)
  await mkdir(home)
  const images = [1, 2].map((id) => ({ id, height: 48, width: 64, file_name: `${id}.png` }))
  for (const { file_name } of images) await writeFile(join(home, file_name), '')
  const text = JSON.stringify({ images, annotations, categories: [{ id: 1, name: 'cat' }] })
  const annFile = join(home, 'instances.json')
  await writeFile(annFile, text + ' '.repeat(MIN_CACHED_BYTES))
  return { annFile, imageDir: home, mode: 'train', cache: join(home, 'made', 'cache') }
}

/** All of a data set that is data. */
async function plain(options: CocoOptions) {
  const { samples, counts, groundTruth, classes } = await loadCoco(options)
  const objects = samples.map((sample) => ({
    ...{ id: sample.imageId, file: sample.file, size: sample.size, labels: [...sample.labels] },
    boxes: [...sample.boxesXyxy],
    crowds: [...sample.crowdBoxesXyxy],
    ids: Array.from(sample.labels, (_, i) => sample.annotationId(i)),
    masks: Array.from(sample.labels, (_, i) => JSON.stringify(sample.segmentation(i))),
  }))
  return { objects, counts, classes, annotations: [...groundTruth.rows] }
}

test('a data set from the cache is the one from the file', async (t) => {
  const crowd = { iscrowd: 1, segmentation: { size: [48, 64], counts: [48 * 64] } }
  const annotations = [ann(1), ann(2, crowd), ann(3, { area: 0 }), ann(4), ann(5, crowd)]
  const options = await largeFile('same', annotations)
  const cache = options.cache
  for (const mode of ['train', 'test'] as const)
    for (const rest of [{}, { masks: true }, { limit: 1 }, { limit: 1, masks: true }]) {
      const expected = await plain({ ...options, mode, ...rest, cache: false })
      t.deepEqual(await plain({ ...options, mode, ...rest }), expected)
      t.deepEqual(await plain({ ...options, mode, ...rest }), expected)
      t.is((await readdir(cache)).length, 1)
    }
})

test('faults are named in the same sentences from the cache, and dropped alike', async (t) => {
  const faulty = [ann(1), ann(2, { bbox: [1, 2, -3, 4] }), ann(3, { area: -1 }), ann(4)]
  const options = await largeFile('faults', faulty)
  const { message } = (await t.throwsAsync(loadCoco({ ...options, cache: false })))!
  t.regex(message, /2 entries cannot be used/)
  for (let i = 0; i < 2; i++) await t.throwsAsync(loadCoco(options), { message })
  const drop = { ...options, invalid: 'drop' } as const
  t.deepEqual(await plain(drop), await plain({ ...drop, cache: false }))
})

test('a mask that is missing is found, though boxes were found sound before', async (t) => {
  const options = await largeFile('boxes', [ann(1), ann(2, { segmentation: [] })])
  await t.notThrowsAsync(loadCoco(options))
  const { message } = (await t.throwsAsync(loadCoco({ ...options, masks: true, cache: false })))!
  t.regex(message, /annotation 2 \(image 1\) has an empty segmentation/)
  await t.throwsAsync(loadCoco({ ...options, masks: true }), { message })
})

test('a cache that is spoilt is told of in a note, and written anew', async (t) => {
  const options = await largeFile('spoilt', [ann(1), ann(2)])
  const expected = await plain(options)
  const [name] = await readdir(options.cache)
  const path = join(options.cache, name)
  const bytes = await readFile(path)
  bytes[bytes.length - 1] ^= 1
  await writeFile(path, bytes)
  const { counts, ...rest } = await plain(options)
  t.deepEqual(counts.notes, [
    `the cache ${path} has a wrong checksum in 'segmentation.wholes'; the annotation file itself was read`,
  ])
  t.deepEqual({ counts: { ...counts, notes: [] }, ...rest }, expected)
  t.deepEqual(await plain(options), expected)
})

test('a cache folder that cannot be made is told of in a note', async (t) => {
  const options = await largeFile('blocked', [ann(1), ann(2)])
  const cache = join(options.annFile, 'cache')
  const { counts } = await plain({ ...options, cache })
  t.is(counts.notes.length, 1)
  t.regex(counts.notes[0], /^the cache .* could not be written \(ENOTDIR\); the annotation file/)
})
