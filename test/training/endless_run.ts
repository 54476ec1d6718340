/** Trains a tiny detector in a work dir, a batch every 20 ms, until it is killed. */
import { PassThrough } from 'node:stream'
import { train } from '../../training/loop.js'
import { TinyDetector, TinyLoader } from './tiny_detector.js'

class SlowLoader extends TinyLoader {
  override async *batches(start: { epoch: number; iteration: number }) {
    for await (const batch of super.batches(start)) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      yield batch
    }
  }
}

await train({
  model: new TinyDetector().initialize(2),
  loader: new SlowLoader(3),
  optimizer: { type: 'AdamW', learningRate: 0.05, weightDecay: 0.05 },
  schedule: { epochs: 100_000 },
  logging: { interval: 1 },
  checkpoint: { interval: 1, keep: 2 },
  seed: 2,
  classes: ['thing', 'other'],
  config: { model: { type: 'TinyDetector' } },
  workDir: process.argv[2],
  progressStream: new PassThrough().resume() as unknown as NodeJS.WriteStream,
})
