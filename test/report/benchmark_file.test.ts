import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { readBenchmark } from '../../report/benchmark_file.js'
import { temporaryFolder } from '../datasets/coco_folder.js'
import { benchmarkDocument } from './benchmark_document.js'

const FIX = 'give a file that vanilladet benchmark --json printed, and work dirs before --benchmark'

test('a benchmark document is read as it is', async (t) => {
  const file = join(await temporaryFolder(t), 'benchmark.json')
  await writeFile(file, JSON.stringify(benchmarkDocument()))
  t.deepEqual(await readBenchmark(file), benchmarkDocument())
})

test('what is none is refused with the place of the first fault', async (t) => {
  const folder = await temporaryFolder(t)
  const file = join(folder, 'benchmark.json')
  const refusal = async (text: string) => {
    await writeFile(file, text)
    return (await t.throwsAsync(readBenchmark(file), { name: 'DataError' }))?.message
  }
  t.is(await refusal('[1'), `${file}: holds no JSON; ${FIX}`)
  t.regex(
    (await refusal('[]')) ?? '',
    /benchmark\.json: is no benchmark document \(.*expected object/,
  )
  const broken = benchmarkDocument()
  Object.assign(broken.rows[1], { fps: null })
  t.regex(
    (await refusal(JSON.stringify(broken))) ?? '',
    /is no benchmark document \(rows\.1\.fps: /,
  )
  await t.throwsAsync(readBenchmark(folder), {
    message: `${folder}: cannot be read (EISDIR); ${FIX}`,
  })
})
