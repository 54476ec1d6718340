/** The short form of `npm run soak:errors`: each way to fail once. */
import { availableParallelism } from 'node:os'
import test from 'ava'
import { ERROR_PATHS, failRun } from './error_paths.js'

test('a run that fails ends with its sentence, with exit code 1 or 2', async (t) => {
  const left = [...ERROR_PATHS.entries()]
  const worker = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [i, path] = next
      const workers = 1 + (i % 2)
      t.deepEqual(await failRun(path, workers), [], `${path.title}, ${workers} workers`)
    }
  }
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker))
})
