import type { RenderedBatch } from './render.js'
import type { AnyRequest } from './render_batch.js'
import type { RenderPool } from './render_pool.js'

/** Batches that are made before they are asked for. */
const PREFETCH = 2

/** What was planned, rendered in that order, a few ahead of the one that is asked for. */
export async function* renderedAhead<Plan>(
  plans: Iterable<Plan>,
  pool: RenderPool,
  requestOf: (plan: Plan) => AnyRequest,
): AsyncGenerator<{ plan: Plan; rendered: RenderedBatch }> {
  const render = async (plan: Plan) => ({ plan, rendered: await pool.render(requestOf(plan)) })
  const ahead = pool.workers === 0 ? 0 : Math.max(PREFETCH, pool.workers)
  const queue: ReturnType<typeof render>[] = []
  for (const plan of plans) {
    const result = render(plan)
    result.catch(() => {}) // Thrown when its turn comes; until then it must not end the process.
    queue.push(result)
    if (queue.length > ahead) yield await queue.shift()!
  }
  for (const result of queue) yield await result
}
