import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { MetricsLog } from '../../training/metrics_log.js'

const folder = await mkdtemp(join(tmpdir(), 'metrics-'))
test.after.always(() => rm(folder, { recursive: true }))

test('lines past the iteration that a run goes on from are dropped', async (t) => {
  const path = join(folder, 'resumed.jsonl')
  await writeFile(path, '{"iter":1,"loss":3}\n{"iter":2}\n{"iter":3}\n')
  const log = await MetricsLog.open(path, 2)
  await log.append({ iter: 3, loss: 0.5 })
  t.is(await readFile(path, 'utf8'), '{"iter":1,"loss":3}\n{"iter":2}\n{"iter":3,"loss":0.5}\n')
})

test('a last line that was cut short is dropped', async (t) => {
  const path = join(folder, 'cut.jsonl')
  await writeFile(path, '{"iter":1}\n{"iter":2,"lo')
  await MetricsLog.open(path, 5)
  t.is(await readFile(path, 'utf8'), '{"iter":1}\n')
})

test('a new run starts with an empty file', async (t) => {
  const path = join(folder, 'fresh.jsonl')
  await MetricsLog.open(path, 0)
  t.is(await readFile(path, 'utf8'), '')
})
