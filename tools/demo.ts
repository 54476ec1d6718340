/**
 * The whole way in minutes on a CPU: generated images, training from scratch, evaluation,
 * reparameterization, export, and the speed of both forms. Fails where a result is not what it
 * should be.
 */
import { join } from 'node:path'
import { type BenchmarkEntry, benchmark } from '../benchmark/benchmark.js'
import { exportOnnx } from '../deploy/export_onnx.js'
import { ConfigError } from '../errors.js'
import { loadConfig } from '../experiments/load.js'
import { loadModel, mergeModel } from '../experiments/load_detector.js'
import { trainConfig } from '../experiments/train_config.js'
import { moveRunAside } from '../training/run_files.js'
import { checkWorkDir } from '../training/work_dir.js'
import { saveModel } from '../weights/save_model.js'
import { whenStopped } from './cli/answer_signals.js'
import { benchmarkTable } from './cli/benchmark_table.js'
import { command, run } from './cli/command.js'
import { boxDemo, classDemo, type DemoSubject, maskDemo } from './cli/demo_subjects.js'
import { resumeCommand } from './cli/resume_command.js'

/** Largest difference of the two forms' scores. */
const LARGEST_DIFFERENCE = 0.002

/** Iterations of the short form, which tests that everything runs and not how well it learns. */
const SHORT_ITERS = 6

interface Flags {
  masks?: boolean
  classify?: boolean
  short?: boolean
  resume?: boolean
  json?: boolean
}

const program = command('demo', 'Trains, evaluates, merges, exports and times a tiny model.')
  .option('--masks', 'Mask R-CNN, which finds masks too, instead of RetinaNet')
  .option('--classify', 'a classifier of textures instead of a detector of shapes')
  .option('--short', `${SHORT_ITERS} iterations, and no bound on what is learned: does it run?`)
  .option('--resume', 'go on with a demo that was stopped')
  .option('--json', 'print one JSON document on standard output, all else on standard error')

await run<Flags>(program, async (_, flags, say) => {
  const { short = false, resume = false } = flags
  const subject = subjectOf(flags)
  whenStopped(() => 'stopped before training; there is nothing to save')
  const startedAt = performance.now()
  const step = (title: string) => {
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    say(`\n${title} (${seconds} s since the start)`)
  }
  const { config: name, imageSize } = subject
  const workDir = short ? `${subject.workDir}_short` : subject.workDir
  const config = await loadConfig(`vanilladet/configs/${name}`, short ? subject.shortOptions : [])
  // An earlier demo is moved, not overwritten
  await checkWorkDir({ workDir, resume, overwrite: !resume })
  const movedTo = resume ? undefined : await moveRunAside(workDir)
  if (movedTo !== undefined) say(`${workDir} held an earlier demo, which is now ${movedTo}`)

  step(`1. Generating images of ${subject.images}`)
  await subject.generate(config, short)

  step('2. Training from scratch')
  const maxIters = short ? SHORT_ITERS : undefined
  const { checkpoint, reason } = await trainConfig(config, { workDir, resume, maxIters, say })
  if (reason === 'interrupted') {
    say(`interrupted, saved ${checkpoint}; go on with: ${resumeCommand('demo')}`)
    return { checkpoint, reason }
  }
  whenStopped(() => `stopped; ${checkpoint} is trained; go on with: ${resumeCommand('demo')}`)

  step('3. Evaluating the training form on images it has not seen')
  const trained = await loadModel(config, checkpoint)
  const trainForm = await subject.evaluate(config, trained)
  for (const line of trainForm.table) say(line)

  step('4. Merging into the deploy form')
  const merged = await loadModel(config, checkpoint)
  const { worst } = await mergeModel(merged)
  const weights = join(workDir, 'deploy.safetensors')
  await saveModel(weights, merged.model, merged.metadata)
  say(`${weights}: the largest difference is ${worst.toExponential(1)} of the largest value`)

  step('5. Exporting it')
  const onnx = await exportOnnx(merged.model, join(workDir, 'deploy.onnx'), { shape: imageSize })
  say(`${onnx.path}: ${(onnx.bytes / 1e6).toFixed(1)} MB`)

  step('6. Evaluating the deploy form')
  const deployForm = await subject.evaluate(config, merged)
  const comparisons = Object.entries(trainForm.scores).map(([title, train]) => {
    const deploy = deployForm.scores[title]
    say(`${title} ${deploy.toFixed(4)}, training form ${train.toFixed(4)}`)
    return { title, train, deploy }
  })

  step('7. Timing both forms')
  const entries: BenchmarkEntry[] = [
    { config: name, form: 'train', detector: trained.model, weights: checkpoint },
    { config: name, form: 'deploy', detector: merged.model, weights: checkpoint },
  ]
  const rows = await benchmark(entries, { shape: imageSize, runs: short ? 1 : 10 })
  for (const line of benchmarkTable(rows)) say(line)

  for (const comparison of comparisons) checkScore(comparison, short ? 0 : subject.leastScore)
  step('Done')
  say(`npx vanilladet report ${workDir} makes a page of it: ${join(workDir, 'report.html')}`)
  return { ...trainForm.metrics, deploy: deployForm.metrics, relative: worst, rows }
})

function subjectOf({ masks, classify }: Flags): DemoSubject {
  if (masks && classify) {
    throw new ConfigError('--masks', 'is given with --classify', 'leave out one of them')
  }
  if (classify) return classDemo
  return masks ? maskDemo : boxDemo
}

/** Refuses a model that has not learned, and a deploy form that answers something else. */
function checkScore(
  { title, train, deploy }: { title: string; train: number; deploy: number },
  leastScore: number,
): void {
  if (!(train >= leastScore)) {
    throw new Error(`demo: ${title} is ${train.toFixed(3)}; it should be ${leastScore} or more`)
  }
  if (!(Math.abs(train - deploy) <= LARGEST_DIFFERENCE)) {
    const scores = `${train.toFixed(4)} in training form and ${deploy.toFixed(4)} in deploy form`
    throw new Error(
      `demo: ${title} is ${scores}; they should differ by ${LARGEST_DIFFERENCE} at most`,
    )
  }
}
