import type { HostTree } from '../engine/tensors.js'
import { Random } from '../random/random.js'
import { notFinite, requireScale } from './divergence.js'
import { withNoise } from './draw_noise.js'
import type { IterationInputs } from './iteration.js'
import { nextLossScale } from './optim/loss_scale.js'
import type { Progress } from './progress.js'
import { lossScaling, type Run } from './start_run.js'
import type { TrainOptions } from './train_options.js'
import type { TrainingTensors } from './trainable.js'

/** The updates of a run, one after the other, from where it stands. */
export class Updates {
  private readonly batches: AsyncGenerator<{ readonly tensors: HostTree<TrainingTensors> }>
  private isFirst = true

  constructor(
    private readonly run: Run,
    private readonly options: TrainOptions,
    private readonly progress: Progress,
  ) {
    const { epoch, batchInEpoch: iteration } = run.clock
    this.batches = options.loader.batches({ epoch, iteration })
  }

  /** Reads the batches of an update, makes the graphs that they lack, and updates the weights. */
  async next(): Promise<void> {
    const startedAt = performance.now()
    const inputs = await this.inputs()
    const loadedAt = performance.now()
    const compiled = await this.compile(inputs)
    const compileTime = compiled > 0 ? performance.now() - loadedAt : 0
    const metrics = await this.update(inputs)
    this.run.means.add(metrics, {
      time: (performance.now() - startedAt - compileTime) / 1000,
      dataTime: (loadedAt - startedAt) / 1000,
      compileTime: compileTime / 1000,
    })
    this.progress.advance(this.run.clock.iteration)
  }

  async stop(): Promise<void> {
    await this.batches.return(undefined)
  }

  private async inputs(): Promise<IterationInputs> {
    const { clock, lossScale } = this.run
    const { model, seed } = this.options
    const { epoch, batchInEpoch, batchCount, iteration } = clock
    const taken = await take(this.batches, batchCount)
    return {
      batches: taken.map((batch, i) =>
        withNoise(model, batch, new Random(seed, 'noise', epoch, batchInEpoch + i)),
      ),
      learningRate: clock.rateAt(iteration),
      step: iteration + 1 - (lossScale?.skippedUpdates ?? 0),
      lambda: clock.lambdaAt(iteration),
      lossScale: lossScaling(this.options) && lossScale?.scale,
    }
  }

  /** @returns how many graphs were made. */
  private async compile(inputs: IterationInputs): Promise<number> {
    const { loader } = this.options
    // The first is announced before anything else, as tracing keeps this thread.
    const announced = this.isFirst ? inputs.batches[0] : undefined
    if (announced) this.progress.compiling(shapeOf(announced))
    this.isFirst = false
    let compiled = 0
    await this.run.iterations.prepare(inputs, (batch) => {
      compiled++
      const isNews = loader.shapeCount !== undefined && batch !== announced
      if (isNews) this.progress.compiling(shapeOf(batch))
    })
    return compiled
  }

  /** @returns undefined where gradients overflowed, so that the update was left out. */
  private async update(inputs: IterationInputs): Promise<Record<string, number> | undefined> {
    const { run, options } = this
    const scaling = lossScaling(options)
    const { metrics, isUpdated } = await run.iterations.run(inputs)
    for (const batch of inputs.batches) options.loader.reuse?.(batch)
    const update = { iteration: run.clock.iteration + 1, checkpoint: run.checkpoint }
    if (scaling && run.lossScale) {
      run.lossScale = nextLossScale(run.lossScale, isUpdated, scaling)
      requireScale(run.lossScale, update)
    } else if (!isUpdated) throw notFinite(metrics, update)
    run.clock.iteration++
    return isUpdated ? metrics : undefined
  }
}

async function take<Batch>(
  batches: AsyncGenerator<{ readonly tensors: Batch }>,
  count: number,
): Promise<Batch[]> {
  const taken: Batch[] = []
  while (taken.length < count) {
    const { value, done } = await batches.next()
    if (done) throw new Error('train: the loader ended, but it has to go on for all epochs')
    taken.push(value.tensors)
  }
  return taken
}

/** Height and width of a batch, padded, input pixels, and places for objects where it has some. */
function shapeOf({ images, labels }: HostTree<TrainingTensors>): number[] {
  return [images.shape[1], images.shape[2], ...labels.shape.slice(1)]
}
