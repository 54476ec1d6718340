/**
 * The recipe of the headline on a small data set and a network of VanillaNet-5's dims: 18 scales,
 * flips, 8 batches of 4 an update, input shapes chosen, evaluation. Trained twice, once to the end,
 * once killed and resumed: losses stay finite and fall, and the run that was resumed leaves the
 * bytes of the other.
 *
 * Run: npm run soak:recipe -- --data ../shared/data/coco128
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { coco } from '../../configs/_base/coco.js'
import overfit from '../../configs/retinanet_vanilla5_overfit.js'
import { command, parseCount, run } from '../../tools/cli/command.js'

const VANILLADET = fileURLToPath(new URL('../../bin/vanilladet.js', import.meta.url))
const RECIPE = fileURLToPath(new URL('../../configs/retinanet_vanilla13.ts', import.meta.url))

/**
 * Batches of 4 of coco128, 8 of them an update: 32 or 33 batches an epoch, by how its images pair.
 */
const ITERATIONS_PER_EPOCH = 4
/** Epochs between evaluations, and between checkpoints. */
const INTERVAL = 10
/**
 * Iterations after which both runs are compared: three checkpoints, of which the killed run has
 * written one itself.
 */
const COMPARED = 3 * ITERATIONS_PER_EPOCH * INTERVAL
/** Divisor of the recipe's lengths, so that it can be trained on a processor. */
const SHRINK = 6

interface Flags {
  data: string
  iterations: number
  json?: boolean
}

const program = command('recipe', 'Trains by the recipe of the headline, twice.')
  .name('npm run soak:recipe --')
  .requiredOption('--data <folder>', 'coco128: annotations/ and train2017/')
  .option('--iterations <n>', 'updates', parseCount(COMPARED), 600)
  .option('--json', 'print one JSON document on standard output, all else on standard error')

await run<Flags>(program, async (_, { data, iterations }, say) => {
  const folder = await mkdtemp(join(tmpdir(), 'recipe-'))
  const epochs = Math.ceil(iterations / ITERATIONS_PER_EPOCH)
  const options = optionsFor(data, epochs)
  const train = (name: string, ...args: string[]) =>
    spawn(
      process.execPath,
      [VANILLADET, 'train', RECIPE, '--work-dir', join(folder, name), ...args, ...options],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    )
  const ended = async (child: ReturnType<typeof train>) => {
    const [code] = await once(child, 'close')
    if (code !== 0) throw new Error(`train ended with code ${code}; its files are in ${folder}`)
  }

  await ended(train('whole', '--max-iters', `${iterations}`))
  const killed = train('killed', '--max-iters', `${COMPARED}`)
  while ((await linesOf(folder, 'killed')).length < COMPARED / 2) await seconds(1)
  killed.kill('SIGKILL')
  await once(killed, 'close')
  const killedAt = (await linesOf(folder, 'killed')).length
  await ended(train('killed', '--max-iters', `${COMPARED}`, '--resume'))

  const checkpoint = `epoch_${COMPARED / ITERATIONS_PER_EPOCH}`
  for (const ending of ['.safetensors', '.train_state.safetensors']) {
    const [whole, resumed] = await Promise.all(
      ['whole', 'killed'].map((name) => readFile(join(folder, name, `${checkpoint}${ending}`))),
    )
    if (!whole.equals(resumed)) throw new Error(`${checkpoint}${ending} differs; see ${folder}`)
  }
  const lines = await linesOf(folder, 'whole')
  const losses = lines.map(({ loss }) => loss)
  if (!losses.every(Number.isFinite)) throw new Error(`a loss is not finite; see ${folder}`)
  const mean = (list: number[]) => list.reduce((sum, loss) => sum + loss, 0) / list.length
  const tenth = Math.ceil(losses.length / 10)
  const [first, last] = [mean(losses.slice(0, tenth)), mean(losses.slice(-tenth))]
  if (!(last < first)) throw new Error(`the loss does not fall: ${first} to ${last}; see ${folder}`)
  const evaluations = await readLines(join(folder, 'whole', 'evaluations.jsonl'))
  const aps = evaluations.map(
    ({ iter, bbox }) => `${iter}: ${(bbox as { AP: number }).AP.toFixed(3)}`,
  )
  say(
    `loss ${first.toFixed(3)} (first tenth) to ${last.toFixed(3)} (last), ${losses.length} iterations`,
  )
  say(`AP at ${aps.join(', ')}`)
  say(`killed after ${killedAt} iterations and resumed: the same bytes after ${COMPARED}`)
  await rm(folder, { recursive: true })
  return { first, last, killedAt, compared: COMPARED, evaluations }
})

function optionsFor(data: string, epochs: number): string[] {
  const annFile = resolve(data, 'annotations/instances_train2017.json')
  const imageDir = resolve(data, 'train2017')
  const shrunk = ([long, short]: readonly number[]) =>
    [long, short].map((side) => Math.round(side / SHRINK))
  const values = {
    model: overfit.model,
    'data.train': { annFile, imageDir },
    'data.val': { annFile, imageDir },
    'data.scales': coco.scales.map(shrunk),
    'data.testScale': shrunk(coco.testScale),
    'schedule.epochs': epochs,
    'schedule.decayEpochs': [10, 11].map((epoch) => Math.round((epochs * epoch) / 12)),
    'schedule.warmupIters': 100,
    'logging.interval': 1,
    'evaluation.interval': INTERVAL,
    'checkpoint.interval': INTERVAL,
    'checkpoint.keep': 100,
  }
  return [
    '--cfg-options',
    ...Object.entries(values).map(([key, value]) => `${key}=${JSON.stringify(value)}`),
  ]
}

function linesOf(folder: string, name: string) {
  return readLines(join(folder, name, 'metrics.jsonl'))
}

async function readLines(file: string): Promise<{ iter: number; loss: number; bbox?: unknown }[]> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
}

function seconds(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1000 * count))
}
