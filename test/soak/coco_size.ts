/**
 * Measures on a data set of COCO's size what a run does beside training: opening it, planning an
 * epoch, finding the place to resume at, batches by several workers, and the evaluation of 500,000
 * detections; and with `--only train` the training itself, a small network by the recipe of the
 * headline. Each measure is a process of its own, so that memory is what it took. Exits with 1
 * where a figure is over its bound.
 *
 * Wall time is held to the bounds; the processor's is shown beside it, as a machine may be busy.
 *
 * Run: npm run make:coco-size -- DIR && npm run soak:coco-size -- DIR
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Option } from 'commander'
import { ConfigError } from '../../errors.js'
import { command, parseCount, run } from '../../tools/cli/command.js'
import type { Counts } from './coco_size/counts.js'
import { type Figure, isOver, lineOf } from './coco_size/figure.js'
import { filesOf } from './coco_size/rehearsal.js'

/** In this order: the second opening may use what the first has left. */
const MEASURES = [
  'open',
  'open_again',
  'open_masks',
  'open_masks_again',
  'plan',
  'resume',
  'order',
  'evaluate',
  'evaluate_masks',
] as const

/** Measures of an hour or so, and only where it is asked for. */
const LONG = ['train'] as const

interface Flags extends Counts {
  only: string[]
  json?: boolean
}

const program = command('coco_size', 'Measures what a run on a data set of COCO’s size takes.')
  .name('npm run soak:coco-size --')
  .argument('<folder>', 'from npm run make:coco-size')
  .addOption(
    new Option('--only <measures...>', 'these alone; train is done where it is named')
      .choices([...MEASURES, ...LONG])
      .default([...MEASURES]),
  )
  .option('--batches <n>', 'to be rendered by 0, 1 and 2 workers', parseCount(1), 200)
  .option('--iterations <n>', 'of train', parseCount(2), 400)
  .option('--accumulate <n>', 'batches of an iteration (default: as in the recipe)', parseCount(1))
  .option('--json', 'print one JSON document on standard output, all else on standard error')

await run<Flags>(program, async ([folder], { only, ...counts }, say) => {
  for (const { annFile } of Object.values(filesOf(folder))) {
    if (existsSync(annFile)) continue
    throw new ConfigError(annFile, 'is not there', `npm run make:coco-size -- ${folder}`)
  }
  const figures: Figure[] = []
  for (const measure of [...MEASURES, ...LONG].filter((name) => only.includes(name))) {
    for (const figure of await measureApart(measure, folder, counts)) {
      say(lineOf(figure))
      figures.push(figure)
    }
  }
  if (figures.some(isOver)) process.exitCode = 1
  return { folder, figures }
})

/** Runs a measure in a process of its own. */
async function measureApart(measure: string, folder: string, counts: Counts): Promise<Figure[]> {
  const script = fileURLToPath(new URL('coco_size/measure.ts', import.meta.url))
  const node = ['--expose-gc', '--import=tsx', script, measure, folder, JSON.stringify(counts)]
  const { stdout } = await promisify(execFile)(process.execPath, node, { maxBuffer: 2 ** 24 })
  return JSON.parse(stdout) as Figure[]
}
