import { parentPort } from 'node:worker_threads'
import { DataError } from '../errors.js'
import { type RenderRequest, renderBatch } from './render.js'

/** To a worker. */
export interface RenderJob {
  job: number
  request: RenderRequest
  /** Memory for the pixels. */
  spare?: ArrayBuffer
}

/** From a worker: pixels, the sentence of a `DataError` (a class does not survive the way), or any other error. */
export type RenderReply = { job: number } & (
  | { pixels: Uint8Array<ArrayBuffer> }
  | { dataError: string }
  | { error: unknown }
)

if (parentPort === null) {
  throw new Error('render_worker is a worker thread; use TrainLoader or evalBatches')
}
const port = parentPort
let last = Promise.resolve()

port.on('message', (message: RenderJob) => {
  // One batch after another: the next reply is the one that is waited for.
  last = last.then(() => answer(message))
})

async function answer({ job, request, spare }: RenderJob): Promise<void> {
  try {
    const pixels = await renderBatch(request, spare)
    port.postMessage({ job, pixels } satisfies RenderReply, [pixels.buffer])
  } catch (error) {
    const reply: RenderReply =
      error instanceof DataError ? { job, dataError: error.message } : { job, error }
    port.postMessage(reply)
  }
}
