/** What the user may choose; the rest is as in PyTorch's `GradScaler`. */
export interface LossScaleOptions {
  /** @default 65536 */
  initial?: number
  /** Updates without an overflow after which the scale doubles. @default 2000 */
  growthInterval?: number
}

/** Where the scale of a run stands; kept in checkpoints. */
export interface LossScaleState {
  /** What the next loss is multiplied by. */
  readonly scale: number
  /** Updates since the scale was last changed, all of them without an overflow. */
  readonly goodUpdates: number
  /** Updates of the whole run that were left out because of an overflow. */
  readonly skippedUpdates: number
}

/**
 * Below this a scale no longer keeps small gradients from vanishing: it makes large ones smaller
 * than they are, and if even that does not help, what overflows are activations, which no scale
 * changes.
 */
const LEAST_SCALE = 1

export function initialLossScale({ initial = 65536 }: LossScaleOptions): LossScaleState {
  return { scale: initial, goodUpdates: 0, skippedUpdates: 0 }
}

/**
 * The scale after an update: half of it where gradients overflowed and the update was left out,
 * twice after `growthInterval` good updates.
 *
 * float16 ends at 65504, and below 6e-8 there is only 0. The loss is multiplied by the scale before
 * gradients are taken and gradients are divided by it afterwards in float32, so that small ones
 * survive the way through float16.
 *
 * Source: arXiv:1710.03740; the rule and the numbers of torch.amp.GradScaler.
 */
export function nextLossScale(
  { scale, goodUpdates, skippedUpdates }: LossScaleState,
  isGood: boolean,
  { growthInterval = 2000 }: LossScaleOptions,
): LossScaleState {
  if (!isGood) return { scale: scale / 2, goodUpdates: 0, skippedUpdates: skippedUpdates + 1 }
  if (goodUpdates + 1 < growthInterval) {
    return { scale, goodUpdates: goodUpdates + 1, skippedUpdates }
  }
  const canGrow = Number.isFinite(Math.fround(scale * 2)) // it is a float32 in the graph
  return { scale: canGrow ? scale * 2 : scale, goodUpdates: 0, skippedUpdates }
}

/** True where training cannot be saved by lowering the scale further. */
export function isExhausted({ scale }: LossScaleState): boolean {
  return scale < LEAST_SCALE
}
