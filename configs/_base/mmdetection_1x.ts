/**
 * The length of a run in mmdetection's 1x recipes: 12 epochs, a tenth of the rate after 8 and 11 of
 * them, a linear warm-up over 500 updates, an evaluation after each epoch.
 */
import type { Config } from '../../registry.js'

export const mmdetection1x: Pick<
  Config,
  'schedule' | 'logging' | 'evaluation' | 'checkpoint' | 'seed'
> = {
  schedule: {
    epochs: 12,
    policy: 'step',
    decayEpochs: [8, 11],
    warmupIters: 500,
    warmupRatio: 0.001,
  },
  logging: { interval: 50 },
  evaluation: { interval: 1 },
  checkpoint: { interval: 1, keep: 3 },
  seed: 0,
}
