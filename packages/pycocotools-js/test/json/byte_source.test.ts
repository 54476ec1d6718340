import { createReadStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test from 'ava'
import { COCO, CocoError, type JsonSource } from '../../source/index.js'

const TEXT = '{"images": [{"id": 7}]}'
const BYTES = new TextEncoder().encode(TEXT)

let folder: string
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pycocotools-js-'))
  await writeFile(join(folder, 'gt.json'), TEXT)
})
test.after.always(() => rm(folder, { recursive: true, force: true }))

async function* slowly(): AsyncGenerator<Uint8Array> {
  yield BYTES.subarray(0, 5)
  yield BYTES.subarray(5, 5)
  yield BYTES.subarray(5)
}

const sources: [string, () => JsonSource][] = [
  ['a path', () => join(folder, 'gt.json')],
  ['a file: URL', () => pathToFileURL(join(folder, 'gt.json'))],
  ['a URL that is fetched', () => new URL(`data:application/json,${encodeURIComponent(TEXT)}`)],
  ['all bytes at once', () => BYTES],
  ['a list of chunks', () => [BYTES.subarray(0, 9), BYTES.subarray(9)]],
  ['an async iteration', () => slowly()],
  ['a Node stream', () => createReadStream(join(folder, 'gt.json'))],
  ['a web stream', () => new Blob([TEXT]).stream()],
  ['a Blob', () => new Blob([TEXT])],
  ['a Response', () => new Response(TEXT)],
]
for (const [name, open] of sources) {
  test(`${name} can be loaded`, async (t) => {
    t.deepEqual((await COCO.load(open())).getImgIds(), [7])
  })
}

test('errors name a path or URL, and another source as told', async (t) => {
  const path = join(folder, 'none.json')
  const reason = `ENOENT: no such file or directory, open '${path}'`
  await t.throwsAsync(COCO.load(path), {
    instanceOf: CocoError,
    message: `${path}: cannot be read (${reason}); check the path`,
  })
  await t.throwsAsync(COCO.load(pathToFileURL(path), { name: 'the file' }), {
    message: `the file: cannot be read (${reason}); check the path`,
  })
  await t.throwsAsync(COCO.load(new Uint8Array(0)), {
    message: 'dataset: is empty; fetch the file again',
  })
  await t.throwsAsync(COCO.load(folder), {
    message: `${folder}: cannot be read (EISDIR: illegal operation on a directory, read); check the path`,
  })
})

test('an address that does not answer is refused with the reason', async (t) => {
  await t.throwsAsync(COCO.load(new URL('http://127.0.0.1:1/gt.json')), {
    instanceOf: CocoError,
    message: 'http://127.0.0.1:1/gt.json: cannot be read (fetch failed); check the address',
  })
})

test('a source that fails on the way says why', async (t) => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield BYTES.subarray(0, 5)
    throw new Error('socket hang up')
  }
  await t.throwsAsync(COCO.load(failing(), { name: 'gt.json' }), {
    instanceOf: CocoError,
    message: 'gt.json: cannot be read (socket hang up); fetch it again',
  })
})

test('what gives no bytes is refused', async (t) => {
  const cases: [unknown, string][] = [
    [new Response('', { status: 404 }), 'is an HTTP 404; check the address'],
    [['{}'], 'gives chunks that are text; give chunks that are Uint8Arrays'],
    [[1], 'gives chunks that are no bytes; give chunks that are Uint8Arrays'],
    [{}, 'is nothing that bytes can be read from; give a path or a stream'],
    [null, 'is nothing that bytes can be read from; give a path or a stream'],
    [7, 'is nothing that bytes can be read from; give a path or a stream'],
    [new Response(null), 'is empty; fetch the file again'],
  ]
  for (const [source, sentence] of cases)
    await t.throwsAsync(COCO.load(source as JsonSource, { name: 'gt.json' }), {
      instanceOf: CocoError,
      message: `gt.json: ${sentence}`,
    })
  await t.throwsAsync(async () => new COCO().loadRes(null as never), {
    message: 'results: is nothing that bytes can be read from; give a path or a stream',
  })
})

test.serial('without a file system, a path is refused with what to do', async (t) => {
  const { getBuiltinModule } = process
  process.getBuiltinModule = undefined as never
  try {
    await t.throwsAsync(COCO.load('gt.json'), {
      instanceOf: CocoError,
      message:
        'gt.json: is a path, and files can be opened by path only in Node 20.16 and later; give a stream of its bytes, such as (await fetch(url)).body',
    })
  } finally {
    process.getBuiltinModule = getBuiltinModule
  }
})

test('a source that is refused is closed', async (t) => {
  let isClosed = false
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield new TextEncoder().encode('{"images": ]')
    } finally {
      isClosed = true
    }
  }
  await t.throwsAsync(COCO.load(endless()))
  t.true(isClosed)

  let isCancelled = false
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new TextEncoder().encode('{"images": ]')),
    cancel: () => {
      isCancelled = true
    },
  })
  await t.throwsAsync(COCO.load(stream))
  t.true(isCancelled)
})
