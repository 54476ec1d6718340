import { appendFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { MIN_CACHED_BYTES } from '../../datasets/column_cache.js'
import { loadChecked } from '../../experiments/load_data.js'
import { tinyExperiment } from './tiny_experiment.js'

test('data.cache names the folder that keeps a large annotation file, or switches it off', async (t) => {
  const { folder, config } = await tinyExperiment(t)
  await appendFile(config.data.train.annFile, ' '.repeat(MIN_CACHED_BYTES))
  const cache = join(folder, 'cache')
  for (const [given, files] of [
    [false, 0],
    [cache, 1],
    [cache, 1],
  ] as const) {
    const data = { ...config.data, cache: given }
    const { dataset } = await loadChecked({ ...config, data }, 'train')
    t.is(dataset.samples.length, 4)
    t.deepEqual(dataset.counts.notes, [])
    t.is((await readdir(cache).catch(() => [])).length, files)
  }
})
