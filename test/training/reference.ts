import { readFileSync } from 'node:fs'

interface OptimizerRun {
  initial: Record<string, number[]>
  steps: {
    gradients: Record<string, number[]>
    norm: number
    parameters: Record<string, number[]>
  }[]
}

/** Numbers of torch and timm; made by test/fixtures/make_optimizer.py. */
export const reference = JSON.parse(
  readFileSync(new URL('../fixtures/optimizer.json', import.meta.url), 'utf8'),
) as {
  shapes: Record<string, number[]>
  optimizers: Record<string, OptimizerRun>
  vanillanet13: [name: string, axes: number, learningRate: number, weightDecay: number][]
  ema: {
    decay: number
    before: Record<string, number[]>
    values: Record<string, number[]>
    after: Record<string, number[]>
  }
  all_types: Record<string, string[]>
}
