import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import test from 'ava'
import type { RenderRequest } from '../../datasets/render.js'
import { RenderPool } from '../../datasets/render_pool.js'
import { DataError } from '../../errors.js'

/**
 * Answers a batch named `N.png` with `N` bytes, and a batch named after a way to die by dying so.
 */
const FAKE_WORKER = `
  const { parentPort } = require('node:worker_threads')
  const ways = {
    exit: () => process.exit(7),
    throw: () => { throw new TypeError('no such function') },
    reject: () => void Promise.reject(new RangeError('out of range')),
    text: () => { throw 'only a text' },
    memory: () => { for (const kept = []; ; ) kept.push(new Array(10000).fill(0.5)) },
    hang: () => {},
  }
  parentPort.on('message', ({ job, request }) => {
    const [name] = request.images[0].file.split('.')
    if (ways[name]) ways[name]()
    else parentPort.postMessage({ job, rendered: { pixels: new Uint8Array(Number(name)) } })
  })
`
const resourceLimits = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 }
const fakeWorker = () => new Worker(FAKE_WORKER, { eval: true, execArgv: [], resourceLimits })

function batchOf(...files: string[]): RenderRequest {
  const images = files.map((file) => ({ file, flip: false }))
  return {
    size: [1, 1],
    images: images.map((image) => ({ ...image, originalSize: [1, 1], size: [1, 1] })),
  }
}

const EXITED =
  'the data worker ended with exit code 7; look at what was being read, or set data.workers=0'

const deaths: [way: string, expected: object][] = [
  ['exit', { instanceOf: DataError, message: `exit.png, 2.png: ${EXITED}` }],
  [
    'memory',
    {
      instanceOf: DataError,
      message:
        'memory.png, 2.png: the data worker ran out of memory; lower the batch size, or use smaller images',
    },
  ],
  ['throw', { message: 'throw.png, 2.png: the data worker failed (no such function)' }],
  ['reject', { message: 'reject.png, 2.png: the data worker failed (out of range)' }],
  ['text', { message: 'text.png, 2.png: the data worker failed (only a text)' }],
]

for (const [way, expected] of deaths) {
  test(`a worker that dies by ${way} names the images it was on, and the pool takes no more`, async (t) => {
    const pool = new RenderPool(1, fakeWorker)
    const before = pool.render(batchOf('3.png'))
    const jobs = [batchOf(`${way}.png`, '2.png'), batchOf('4.png')].map((batch) =>
      pool.render(batch),
    )
    const settled = await Promise.allSettled(jobs)
    t.is((await before).pixels.length, 3)
    for (const job of settled) await t.throwsAsync(async () => unwrap(job), expected)
    await t.throwsAsync(pool.render(batchOf('5.png')), expected)
    await pool.close()
  })
}

function unwrap<T>(result: PromiseSettledResult<T>): T {
  if (result.status === 'rejected') throw result.reason
  return result.value
}

test('where an error of a worker happened stays in its stack', async (t) => {
  const pool = new RenderPool(1, fakeWorker)
  const error = await t.throwsAsync(pool.render(batchOf('throw.png')))
  t.regex(error.stack ?? '', /TypeError: no such function\n +at (Object\.)?throw/)
})

test('the other workers finish what they have when one dies', async (t) => {
  const pool = new RenderPool(2, fakeWorker)
  const jobs = ['exit.png', '6.png', '1.png', '8.png'].map((file) => pool.render(batchOf(file)))
  const settled = await Promise.allSettled(jobs)
  t.deepEqual(
    settled.map((result) =>
      result.status === 'fulfilled' ? result.value.pixels.length : 'failed',
    ),
    ['failed', 6, 'failed', 8],
  )
  await pool.close()
})

test('a worker that dies with nothing to do ends the pool, too', async (t) => {
  let worker: Worker | undefined
  const pool = new RenderPool(1, () => (worker = fakeWorker()))
  t.is((await pool.render(batchOf('3.png'))).pixels.length, 3)
  const exited = new Promise((resolve) => worker?.on('exit', resolve))
  worker?.postMessage({ job: -1, request: batchOf('exit.png') })
  await exited
  await t.throwsAsync(pool.render(batchOf('3.png')), {
    instanceOf: DataError,
    message: `the data workers: ${EXITED}`,
  })
})

test('a reply that cannot be read fails its job', async (t) => {
  let worker: Worker | undefined
  const pool = new RenderPool(1, () => (worker = fakeWorker()))
  const job = pool.render(batchOf('hang.png'))
  worker?.emit('messageerror', new Error('cannot be deserialized'))
  await t.throwsAsync(job, {
    message: 'hang.png: the data worker failed (cannot be deserialized)',
  })
})

test('a worker that cannot start fails the first job', async (t) => {
  const pool = new RenderPool(1, () => new Worker("import('./nowhere.js')", { eval: true }))
  const message = /^3\.png: the data worker failed \(Cannot find module '.*nowhere\.js' .*\)$/
  await t.throwsAsync(pool.render(batchOf('3.png')), { message })
})

const ECHO_WORKER = `
  const { parentPort } = require('node:worker_threads')
  const array = (bytes, spare = new ArrayBuffer(bytes)) => new Uint8Array(spare, 0, bytes)
  parentPort.on('message', ({ job, request, spare }) => {
    const [height, width] = request.size
    const pixels = array(height * width * 3, spare.pixels)
    const cells = array(request.masks.slots * 112 * 112, spare.cells)
    const rendered = { pixels, masks: { cells, framesXyxy: new Float32Array(0) } }
    parentPort.postMessage({ job, rendered }, [pixels.buffer, cells.buffer])
  })
`

test('memory that is handed back is written over where it is large enough, and else dropped', async (t) => {
  const pool = new RenderPool(1, () => new Worker(ECHO_WORKER, { eval: true, execArgv: [] }))
  const batch = (height: number): RenderRequest => {
    const placement = { imageSize: [1, 1], size: [1, 1], flip: false } as const
    const masks = { slots: 2 * height, images: [{ file: 'a.png', placement, objects: [] }] }
    return { ...batchOf('a.png'), size: [height, 10], masks }
  }
  const memories: number[][] = []
  for (const height of [4, 2, 4, 8, 6, 2]) {
    const { pixels, masks } = await pool.render(batch(height))
    const { cells } = masks!
    t.is(pixels.length, height * 30)
    t.is(cells.length, 2 * height * 112 * 112)
    memories.push([pixels.buffer.byteLength / 30, cells.buffer.byteLength / (2 * 112 * 112)])
    pool.reuse({ pixels, cells })
    t.is(pixels.length + cells.length, 0)
  }
  t.deepEqual(
    memories,
    [4, 4, 4, 8, 8, 8].map((height) => [height, height]),
  )
  await pool.close()
})

test('closing fails what is not done, and nothing more is taken', async (t) => {
  const pool = new RenderPool(2, fakeWorker)
  const jobs = ['hang.png', 'hang.png', '4.png'].map((file) => pool.render(batchOf(file)))
  const settled = Promise.allSettled(jobs)
  await pool.close()
  await pool.close()
  for (const result of await settled) t.is(result.status, 'rejected')
  await t.throwsAsync(pool.render(batchOf('3.png')), { message: 'the loader was closed' })
})

/**
 * The replies lie in the port, unread, when the pool is closed: the thread was busy, as it is while
 * it traces a graph.
 */
for (const count of [0, 2]) {
  test(`a process stays until its pool is closed, with ${count} replies on their way`, async (t) => {
    const source = new URL('../../datasets/render_pool.ts', import.meta.url).href
    const script = `
      import { Worker } from 'node:worker_threads'
      import { RenderPool } from ${JSON.stringify(source)}
      const answered = new Int32Array(new SharedArrayBuffer(4))
      const pool = new RenderPool(1, () => new Worker(\`
        const { parentPort, workerData } = require('node:worker_threads')
        parentPort.on('message', ({ job }) => {
          parentPort.postMessage({ job, rendered: { pixels: new Uint8Array(1) } })
          Atomics.add(workerData, 0, 1)
          Atomics.notify(workerData, 0)
        })\`, { eval: true, execArgv: [], workerData: answered }))
      const job = () => pool.render({ size: [1, 1], images: [] })
      await job()
      for (let i = 0; i < ${count}; i++) job().catch(() => {})
      for (let n; (n = Atomics.load(answered, 0)) < 1 + ${count}; ) Atomics.wait(answered, 0, n)
      await pool.close()
      console.log('closed')
    `
    const cwd = fileURLToPath(new URL('../..', import.meta.url))
    const flags = ['--import=tsx', '--input-type=module', '--eval', script]
    const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd })
    t.is(stdout, 'closed\n')
  })
}
