/**
 * Lets runs fail in every way that `error_paths.ts` lists, many times, with 0, 1 and 2 data
 * workers.
 *
 * Run: npm run soak:errors -- [--count 20] [--match TEXT]
 *
 * It takes half an hour on two cores, prints how many runs ended as they have to, and exits with 1
 * where one did not.
 */
import { parseArgs } from 'node:util'
import { ERROR_PATHS, failRun } from './error_paths.js'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '20' },
    match: { type: 'string', default: '' },
  },
})

const rows = ERROR_PATHS.filter(({ title }) => title.includes(values.match)).flatMap((path) =>
  [0, 1, 2]
    .filter((workers) => workers >= (path.leastWorkers ?? 0))
    .map((workers) => ({ path, workers, runs: 0, right: 0 })),
)

for (let round = 0; round < Number(values.count); round++) {
  const left = [...rows]
  const work = async () => {
    for (let row = left.shift(); row; row = left.shift()) {
      const wrong = await failRun(row.path, row.workers)
      row.runs++
      if (wrong.length === 0) row.right++
      else console.log(`${row.path.title}, ${row.workers} workers: ${wrong.join('\n')}`)
    }
  }
  await Promise.all([work(), work()])
  console.log(`round ${round + 1}`)
}

for (const { path, workers, runs, right } of rows) {
  console.log(`${path.title}, ${workers} workers: ${right} of ${runs}`)
  if (right < runs) process.exitCode = 1
}
