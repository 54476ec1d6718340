import { parentPort } from 'node:worker_threads'
import { DataError } from '../errors.js'
import type { RenderedBatch, SpareMemory } from './render.js'
import { type AnyRequest, renderBatch } from './render_batch.js'

/** Message to a worker. */
export interface RenderJob {
  job: number
  request: AnyRequest
  spare: SpareMemory
}

/**
 * Message from a worker: a batch, the sentence of a `DataError` (a class does not survive the way),
 * or any other error.
 */
export type RenderReply = { job: number } & (
  | { rendered: RenderedBatch }
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
    const rendered = await renderBatch(request, spare)
    const { pixels, masks } = rendered
    const memory = [pixels, ...(masks ? [masks.cells, masks.framesXyxy] : [])]
    port.postMessage(
      { job, rendered } satisfies RenderReply,
      memory.map(({ buffer }) => buffer),
    )
  } catch (error) {
    const reply: RenderReply =
      error instanceof DataError ? { job, dataError: error.message } : { job, error }
    port.postMessage(reply)
  }
}
