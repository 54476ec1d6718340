import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { createTar } from 'nanotar'
import { readCifar } from '../../../datasets/classification/cifar.js'
import { DataError } from '../../../errors.js'
import { temporaryFolder } from '../coco_folder.js'

const NAMES = ['cat', 'dog', 'ship']
const COUNT = 10_000
const PLANE = 1024

/** Label and planes of a picture: red is its number, green its label, blue its column. */
function picture(index: number): { label: number; planes: Uint8Array } {
  const label = index % NAMES.length
  const planes = new Uint8Array(3 * PLANE)
  planes.fill(index % 251, 0, PLANE)
  planes.fill(label, PLANE, 2 * PLANE)
  for (let i = 0; i < PLANE; i++) planes[2 * PLANE + i] = i % 32
  return { label, planes }
}

function binaryBatch(labelBytes: number): Uint8Array {
  const row = labelBytes + 3 * PLANE
  const bytes = new Uint8Array(COUNT * row)
  for (let i = 0; i < COUNT; i++) {
    const { label, planes } = picture(i)
    bytes[i * row] = 7 // overwritten where it is the label
    bytes[i * row + labelBytes - 1] = label
    bytes.set(planes, i * row + labelBytes)
  }
  return bytes
}

/** A file as Python 2 pickles it, with texts and the array's bytes as byte strings. */
function pythonBatch(labelKey: string): Uint8Array {
  const latin = (text: string) => Buffer.from(text, 'latin1')
  const short = (text: string) => Buffer.concat([Buffer.from([0x55, text.length]), latin(text)])
  const int32 = (value: number) => {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32LE(value)
    return bytes
  }
  const pictures = Array.from({ length: COUNT }, (_, i) => picture(i))
  const labels = pictures.map(({ label }) => Buffer.from([0x4b, label]))
  const data = Buffer.concat(pictures.map(({ planes }) => planes))
  return Buffer.concat([
    ...[Buffer.from([0x80, 2]), latin('}('), short(labelKey)],
    ...[latin(']('), ...labels, latin('e')],
    ...[short('data'), latin('cnumpy.core.multiarray\n_reconstruct\n')],
    ...[latin('cnumpy\nndarray\n'), latin('K\0\x85'), short('b'), latin('\x87R')],
    ...[latin('(K\x01'), latin('J'), int32(COUNT), latin('J'), int32(3 * PLANE), latin('\x86')],
    ...[latin('cnumpy\ndtype\n'), short('u1'), latin('\x85R'), latin('\x89')],
    ...[latin('T'), int32(data.length), data, latin('tbu.')],
  ])
}

function pythonNames(key: string): Uint8Array {
  const short = (text: string) =>
    Buffer.concat([Buffer.from([0x55, text.length]), Buffer.from(text)])
  const list = [Buffer.from(']('), ...NAMES.map(short), Buffer.from('e')]
  return Buffer.concat([
    Buffer.from([0x80, 2]),
    Buffer.from('}'),
    short(key),
    ...list,
    Buffer.from('s.'),
  ])
}

async function archive(t: ExecutionContext, files: Record<string, Uint8Array | string>) {
  const entries = Object.entries(files).map(([name, data]) => ({ name: `cifar/${name}`, data }))
  const path = join(await temporaryFolder(t), 'cifar.tar.gz')
  await writeFile(path, gzipSync(createTar(entries), { level: 1 }))
  return path
}

const names = NAMES.join('\n')
const ARCHIVES: Record<string, () => Record<string, Uint8Array | string>> = {
  'CIFAR-10, binary': () => ({
    'test_batch.bin': binaryBatch(1),
    'batches.meta.txt': `${names}\n\n`,
  }),
  'CIFAR-10 for Python': () => ({
    test_batch: pythonBatch('labels'),
    'batches.meta': pythonNames('label_names'),
  }),
  'CIFAR-100, binary': () => ({
    'test.bin': binaryBatch(2),
    'fine_label_names.txt': names,
    'coarse_label_names.txt': 'others',
  }),
  'CIFAR-100 for Python': () => ({
    test: pythonBatch('fine_labels'),
    meta: pythonNames('fine_label_names'),
  }),
}

for (const [name, files] of Object.entries(ARCHIVES)) {
  test.serial(`${name} is read as it was downloaded`, async (t) => {
    const { classes, images, pictures } = await readCifar(await archive(t, files()), 'val')
    t.deepEqual(classes, NAMES)
    t.is(images.length, COUNT)
    t.deepEqual(
      [0, 1, 2, 3, 9999].map((i) => images[i].label),
      [0, 1, 2, 0, 0],
    )
    const { pixels, size } = pictures!(4)
    t.deepEqual(size, [32, 32])
    t.deepEqual([...pixels.slice(0, 9)], [4, 1, 0, 4, 1, 1, 4, 1, 2])
  })
}

test.serial('the first pictures of each class are kept', async (t) => {
  const path = await archive(t, ARCHIVES['CIFAR-10, binary']())
  const { images, pictures } = await readCifar(path, 'val', { limitPerClass: 2 })
  t.deepEqual(
    images.map(({ label }) => label),
    [0, 1, 2, 0, 1, 2],
  )
  t.is(pictures!(5).pixels[0], 5)
})

test.serial('an archive that cannot be used is refused in a sentence', async (t) => {
  const small = { 'batches.meta.txt': names, 'test_batch.bin': binaryBatch(1).slice(0, 9 * 3073) }
  const wrong = binaryBatch(1)
  wrong[3073 * 5] = 9
  const cases: [files: Record<string, Uint8Array | string>, sentence: string][] = [
    [small, 'PATH/test_batch.bin has 9 labels and 9 pictures, not 10000; download it again'],
    [{ 'batches.meta.txt': names }, 'PATH has no file test_batch.bin; download it again'],
    [
      { 'other.txt': 'x' },
      'PATH holds neither CIFAR-10 nor CIFAR-100; use one of cifar-10-python.tar.gz, cifar-10-binary.tar.gz, cifar-100-python.tar.gz, cifar-100-binary.tar.gz',
    ],
    [
      { 'batches.meta.txt': names, 'test_batch.bin': wrong },
      'PATH/test_batch.bin has the label 9 at 5, of 3 classes; download it again',
    ],
  ]
  for (const [files, sentence] of cases) {
    const path = await archive(t, files)
    const error = await t.throwsAsync(readCifar(path, 'val'), { instanceOf: DataError })
    t.is(error.message.replace(': ', ' ').replaceAll(path, 'PATH'), sentence)
  }
})

test.serial('an archive that is cut short, and one that is not there, are refused', async (t) => {
  const path = await archive(t, { 'batches.meta.txt': names })
  const cut = `${path}.cut`
  await writeFile(cut, gzipSync(createTar([{ name: 'a', data: names }])).subarray(0, 60))
  await t.throwsAsync(readCifar(cut, 'val'), {
    instanceOf: DataError,
    message: `${cut}: is cut short or damaged (Z_BUF_ERROR); download it again`,
  })
  await t.throwsAsync(readCifar(`${path}.none`, 'val'), {
    message: `${path}.none: cannot be read (ENOENT); get it from https://www.cs.toronto.edu/~kriz/cifar.html, or set data.archive`,
  })
})
