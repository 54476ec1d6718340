/**
 * Lets runs fail in every way that `error_paths.ts` lists, many times, with 0, 1 and 2 data workers.
 *
 * Run: npm run soak:errors -- [--count 20] [--match TEXT]
 *
 * It takes half an hour on two cores, prints a line for each way, and exits with 1 where a run ended otherwise than it has to.
 */
import { parseArgs } from 'node:util'
import { ERROR_PATHS, failRun } from './error_paths.js'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '20' },
    match: { type: 'string', default: '' },
  },
})
const count = Number(values.count)

for (const path of ERROR_PATHS.filter(({ title }) => title.includes(values.match))) {
  for (let workers = path.leastWorkers ?? 0; workers <= 2; workers++) {
    let [started, right] = [0, 0]
    const repeat = async () => {
      while (started++ < count) {
        const wrong = await failRun(path, workers)
        if (wrong.length === 0) right++
        else console.log(wrong.join('\n'))
      }
    }
    await Promise.all([repeat(), repeat()])
    console.log(`${path.title}, ${workers} workers: ${right} of ${count}`)
    if (right < count) process.exitCode = 1
  }
}
