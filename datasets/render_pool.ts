import { Worker } from 'node:worker_threads'
import { DataError } from '../errors.js'
import { type RenderRequest, renderBatch } from './render.js'
import type { RenderJob, RenderReply } from './render_worker.js'

interface Pending {
  resolve: (pixels: Uint8Array) => void
  reject: (error: unknown) => void
}

interface Member {
  worker: Worker
  pending: Map<number, Pending>
}

/**
 * Makes the pixels of batches in worker threads, or in this thread where `workers` is 0. Threads start with the
 * first job, and do not keep the process alive while they have none.
 */
export class RenderPool {
  private members: Member[] = []
  private jobs = 0
  private isClosed = false

  constructor(readonly workers: number) {}

  /** As `renderBatch`. */
  render(request: RenderRequest): Promise<Uint8Array> {
    if (this.isClosed) return Promise.reject(closedError())
    if (this.workers === 0) return renderBatch(request)
    while (this.members.length < this.workers) this.members.push(this.startMember())
    const member = this.members.reduce((least, next) =>
      next.pending.size < least.pending.size ? next : least,
    )
    const job = this.jobs++
    return new Promise((resolve, reject) => {
      member.pending.set(job, { resolve, reject })
      member.worker.ref()
      member.worker.postMessage({ job, request } satisfies RenderJob)
    })
  }

  /** Ends the threads. Jobs that are not done fail. */
  async close(): Promise<void> {
    this.isClosed = true
    for (const member of this.members) failAll(member, closedError())
    await Promise.all(this.members.map((member) => member.worker.terminate()))
  }

  private startMember(): Member {
    const member: Member = { worker: startWorker(), pending: new Map() }
    member.worker.unref()
    member.worker.on('message', (reply: RenderReply) => settle(member, reply))
    member.worker.on('error', (error) => failAll(member, error))
    member.worker.on('exit', (code) => {
      failAll(member, new Error(`a data worker ended early, with code ${code}`))
      this.members = this.members.filter((other) => other !== member)
    })
    return member
  }
}

function closedError(): Error {
  return new Error('the loader was closed')
}

function settle({ worker, pending }: Member, reply: RenderReply): void {
  const waiting = pending.get(reply.job)
  pending.delete(reply.job)
  if (pending.size === 0) worker.unref()
  if ('pixels' in reply) waiting?.resolve(reply.pixels)
  else waiting?.reject('dataError' in reply ? restoreDataError(reply.dataError) : reply.error)
}

/** The error as it was before it crossed threads: its class, and its sentence word for word. */
function restoreDataError(sentence: string): DataError {
  const error = new DataError('', '', '')
  error.message = sentence
  return error
}

function failAll({ pending }: Member, error: unknown): void {
  for (const { reject } of pending.values()) reject(error)
  pending.clear()
}

/**
 * Starts `render_worker` beside this file. Node 20 runs no TypeScript in a worker, and tsx's hooks do not
 * reach one there, so that from sources the thread starts with a line of JavaScript that calls them.
 */
function startWorker(): Worker {
  if (import.meta.url.endsWith('.js')) {
    return new Worker(new URL('./render_worker.js', import.meta.url))
  }
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'))
  const entry = JSON.stringify(new URL('./render_worker.ts', import.meta.url).href)
  const bootstrap = `import(${tsx}).then(({ register }) => { register(); return import(${entry}) })`
  return new Worker(bootstrap, { eval: true, execArgv: [] })
}
