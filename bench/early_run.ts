/** What an update started from. */
export interface EarlyUpdate {
  /** Null where it is no finite number. */
  loss: number | null
  gradNorm: number | null
}

/** The first updates of one seed on both sides. */
export interface EarlyRun {
  seed: number
  ours: EarlyUpdate[]
  torch: EarlyUpdate[] | undefined
  /** Largest relative difference of the losses of the first `COMPARED` updates. */
  difference: number | undefined
}

/** Updates that are compared one by one. */
const COMPARED = 5

/** A run jumps where its loss passes this many times what it began with. */
const JUMP = 2

/** Largest relative difference of the first losses. */
export function firstDifference(
  ours: readonly EarlyUpdate[],
  torch: readonly EarlyUpdate[],
): number {
  const differences = ours.slice(0, COMPARED).map(({ loss }, i) => {
    const expected = torch[i]?.loss
    if (loss === null || expected == null) return Number.POSITIVE_INFINITY
    return Math.abs(loss - expected) / Math.abs(expected)
  })
  return Math.max(...differences)
}

/** Updates from 1 whose loss is a jump; the first of them, or undefined where there is none. */
export function firstJump(updates: readonly EarlyUpdate[]): number | undefined {
  const [first] = updates
  const index = updates.findIndex(({ loss }) => loss === null || loss > JUMP * first.loss!)
  return index < 0 ? undefined : index + 1
}

export function describeRun({ seed, ours, torch, difference }: EarlyRun): string {
  const lines = [`seed ${seed}`, `  ours     ${describeSide(ours)}`]
  if (torch) {
    lines.push(`  PyTorch  ${describeSide(torch)}`)
    lines.push(`  first ${COMPARED} losses differ by ${difference!.toExponential(1)} at most`)
  }
  return lines.join('\n')
}

function describeSide(updates: readonly EarlyUpdate[]): string {
  const at = firstJump(updates)
  const losses = updates.map(({ loss }) => loss ?? Number.POSITIVE_INFINITY)
  const norms = updates.map(({ gradNorm }) => gradNorm ?? Number.POSITIVE_INFINITY)
  return [
    `loss ${losses[0].toFixed(3)} to ${losses[losses.length - 1].toFixed(3)}`,
    `highest ${Math.max(...losses).toFixed(3)}`,
    `highest gradient norm ${Math.max(...norms).toFixed(0)}`,
    at === undefined ? 'no jump' : `jumps at update ${at}`,
  ].join(', ')
}
