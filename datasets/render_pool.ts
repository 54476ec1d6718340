import { Worker } from 'node:worker_threads'
import { DataError } from '../errors.js'
import { cellBytes } from './batch_masks.js'
import { pixelBytes, type RenderedBatch } from './render.js'
import { type AnyRequest, renderBatch } from './render_batch.js'
import type { RenderJob, RenderReply } from './render_worker.js'
import { SpareBuffers } from './spare_buffers.js'

interface Pending {
  /** The images of the batch. */
  files: string[]
  resolve: (rendered: RenderedBatch) => void
  reject: (error: unknown) => void
}

interface Member {
  worker: Worker
  /** What the worker has not answered, in the order in which it works. */
  pending: Map<number, Pending>
}

/**
 * Makes the pixels and masks of batches in worker threads, or in this thread where `workers` is 0.
 * Threads start with the first job, and keep the process alive while they have one.
 *
 * Every job settles. A worker that dies fails what it had to do, with a sentence that names the
 * images it was on; the other workers finish theirs, and the pool takes no more.
 */
export class RenderPool {
  private members: Member[] = []
  private jobs = 0
  private readonly spares = { pixels: new SpareBuffers(), cells: new SpareBuffers() }
  /** Why the pool takes no more jobs. */
  private ending: unknown

  /**
   * @param startWorker starts a thread that answers each `RenderJob` with a `RenderReply`, one
   *   after another.
   */
  constructor(
    readonly workers: number,
    private readonly startWorker: () => Worker = startRenderWorker,
  ) {}

  /** Renders as `renderBatch` does. */
  async render(request: AnyRequest): Promise<RenderedBatch> {
    if (this.ending !== undefined) throw this.ending
    const masks = 'masks' in request ? request.masks : undefined
    const spare = {
      pixels: this.spares.pixels.take(pixelBytes(request)),
      cells: masks && this.spares.cells.take(cellBytes(masks)),
    }
    if (this.workers === 0) return renderBatch(request, spare)
    while (this.members.length < this.workers) this.members.push(this.startMember())
    const { worker, pending } = this.members.reduce((least, next) =>
      next.pending.size < least.pending.size ? next : least,
    )
    const job = this.jobs++
    const message: RenderJob = { job, request, spare }
    worker.postMessage(
      message,
      [spare.pixels, spare.cells].filter((memory) => memory !== undefined),
    )
    worker.ref()
    return new Promise((resolve, reject) => {
      pending.set(job, { files: request.images.map(({ file }) => file), resolve, reject })
    })
  }

  /**
   * Takes pixels and cells of masks that `render` returned, to write over their memory; they are
   * empty from now on.
   *
   * Without it the garbage collector runs for every other batch of 10 MB, which takes this thread
   * longer than all else it does for the batch.
   */
  reuse({ pixels, cells }: { pixels?: Uint8Array; cells?: Uint8Array }): void {
    if (this.ending !== undefined) return
    if (pixels) this.spares.pixels.add(pixels)
    if (cells) this.spares.cells.add(cells)
  }

  /** Ends the threads. Jobs that are not done fail. */
  async close(): Promise<void> {
    this.ending ??= closedError()
    this.spares.pixels.clear()
    this.spares.cells.clear()
    await Promise.all(this.members.map((member) => endMember(member, closedError())))
  }

  private startMember(): Member {
    const member: Member = { worker: this.startWorker(), pending: new Map() }
    const { worker } = member
    worker.unref()
    worker.on('message', (reply: RenderReply) => settle(member, reply))
    worker.on('messageerror', (error) => this.lose(member, crashOf(member, error)))
    let uncaught: { error: unknown } | undefined
    worker.on('error', (error) => (uncaught = { error }))
    worker.on('exit', (code) => {
      // Replies that were sent before an error can come after it, but not after the exit.
      this.lose(member, uncaught ? crashOf(member, uncaught.error) : exitOf(member, code))
    })
    return member
  }

  /** A worker that died, or that can no longer be understood, ends the pool. */
  private lose(member: Member, error: Error): void {
    this.ending ??= error
    void endMember(member, error)
  }
}

function closedError(): Error {
  return new Error('the loader was closed')
}

function settle({ worker, pending }: Member, reply: RenderReply): void {
  const waiting = pending.get(reply.job)
  // Rejected by `endMember`; unref would undo the ref of `terminate`
  if (waiting === undefined) return
  pending.delete(reply.job)
  if (pending.size === 0) worker.unref()
  if ('rendered' in reply) waiting.resolve(reply.rendered)
  else waiting.reject('dataError' in reply ? DataError.of(reply.dataError) : reply.error)
}

/**
 * Fails what the worker has not done. `terminate` keeps the process alive until the thread is gone.
 */
async function endMember({ worker, pending }: Member, error: unknown): Promise<void> {
  for (const { reject } of pending.values()) reject(error)
  pending.clear()
  await worker.terminate()
}

/** A worker that was ended by what it called. */
function exitOf(member: Member, code: number): DataError {
  const what = `the data worker ended with exit code ${code}`
  return new DataError(placeOf(member), what, 'look at what was being read, or set data.workers=0')
}

/** A worker that was ended by an error that nothing in it caught. */
function crashOf(member: Member, cause: unknown): Error {
  const where = placeOf(member)
  if (!(cause instanceof Error)) return new Error(`${where}: the data worker failed (${cause})`)
  if ('code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    const fix = 'lower the batch size, or use smaller images'
    return new DataError(where, 'the data worker ran out of memory', fix)
  }
  const error = new Error(`${where}: the data worker failed (${cause.message})`, { cause })
  error.stack = cause.stack // where it happened, which is in the worker
  return error
}

/** The images that a worker is on. */
function placeOf({ pending }: Member): string {
  const [current] = pending.values()
  return current === undefined ? 'the data workers' : current.files.join(', ')
}

/**
 * Starts `render_worker` beside this file. Node 20 runs no TypeScript in a worker, and tsx's hooks
 * do not reach one there, so that from sources the thread starts with a line of JavaScript that
 * calls them.
 */
function startRenderWorker(): Worker {
  if (import.meta.url.endsWith('.js')) {
    return new Worker(new URL('./render_worker.js', import.meta.url))
  }
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'))
  const entry = JSON.stringify(new URL('./render_worker.ts', import.meta.url).href)
  const bootstrap = `import(${tsx}).then(({ register }) => { register(); return import(${entry}) })`
  return new Worker(bootstrap, { eval: true, execArgv: [] })
}
