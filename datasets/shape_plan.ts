/**
 * What a graph is compiled for: the padded size of a batch's images, and places for the objects of
 * each.
 */
export interface InputShape {
  /** Padded `[height, width]`, input pixels. */
  size: [number, number]
  /** Places for objects in each image. */
  slots: number
}

/** A shape, and the part of all batches that need it or, in a plan, take it. */
export interface SharedShape extends InputShape {
  share: number
}

/** The few input shapes that all batches of a data set are padded to. */
export interface ShapePlan {
  /** Cheapest first: a batch takes the first that holds it. Shares are expected ones. */
  shapes: SharedShape[]
  /** Expected padded area over that of the batches' own sizes: 0.08 is 8 % more. */
  areaWaste: number
}

export interface PlanOptions {
  /** Largest number of shapes. */
  count: number
  /** Shapes that must fit into one of the plan's, however rarely they are needed. */
  largest: readonly InputShape[]
}

/**
 * What a place for an object costs, in parts of a step without any: some twenty passes over the
 * IoUs of one box with all anchors. Beside VanillaNet-13 that is about 1/10,000, beside the network
 * of the demo 1/1000.
 */
const SLOT_COST = 1 / 4000

/**
 * Needs that are rarer, taken together, play no part in the choice; the largest shapes hold them.
 */
const RARE = 1e-3

/** Each round tries to replace every shape; plans for COCO settle after a few. */
const MAX_ROUNDS = 20

/**
 * Chooses the shapes that make the expected step cheapest: greedily, then by replacing one at a
 * time until nothing helps. That is not always the best plan, but always the same one.
 *
 * @param needs what batches need, `share`s adding up to 1.
 */
export function planShapes(
  needs: readonly SharedShape[],
  { count, largest }: PlanOptions,
): ShapePlan {
  const choice = new Choice(withoutRare(needs))
  const kept = outermost(largest, count)
  const chosen = [...kept]
  while (chosen.length < count) {
    const { shape, gain } = choice.bestBeside(chosen)
    if (!(gain > 0)) break
    chosen.push(shape)
  }
  for (let round = 0, isBetter = true; isBetter && round < MAX_ROUNDS; round++) {
    isBetter = false
    for (let i = kept.length; i < chosen.length; i++) {
      const others = chosen.filter((_, j) => j !== i)
      const { shape, gain } = choice.bestBeside(others)
      if (gain <= choice.gainOf(chosen[i], others) * (1 + 1e-9)) continue
      chosen[i] = shape
      isBetter = true
    }
  }
  return planOf(chosen, needs)
}

/** The first, and so cheapest, of a plan's shapes that holds a batch. */
export function shapeFor(shapes: readonly InputShape[], need: InputShape): InputShape {
  const shape = shapes.find((shape) => holds(shape, need))
  if (shape) return shape
  throw new Error(
    `no planned input shape holds ${need.size.join('x')} with ${need.slots} objects; plan with the data that is loaded`,
  )
}

function holds({ size: [height, width], slots }: InputShape, need: InputShape): boolean {
  return height >= need.size[0] && width >= need.size[1] && slots >= need.slots
}

function areaOf({ size: [height, width] }: InputShape): number {
  return height * width
}

/** What a step takes, in a unit of its own. */
function costOf(shape: InputShape): number {
  return areaOf(shape) * (1 + shape.slots * SLOT_COST)
}

function byCost(a: InputShape, b: InputShape): number {
  return costOf(a) - costOf(b) || a.size[0] - b.size[0] || a.slots - b.slots
}

/**
 * The expected cost of sets of shapes. Candidates are the sizes that batches need, each with all
 * numbers of slots.
 */
class Choice {
  private readonly candidates: InputShape[]
  /** Needs that each candidate holds. */
  private readonly held: Uint32Array[]

  constructor(private readonly needs: readonly SharedShape[]) {
    const sizes = distinct(needs.map(({ size }) => size))
    const slots = distinct(needs.map(({ slots }) => slots))
    this.candidates = sizes.flatMap((size) => slots.map((slots): InputShape => ({ size, slots })))
    this.candidates.sort(byCost)
    const heldBy = holder(needs)
    this.held = this.candidates.map(heldBy)
  }

  /** The candidate that lowers the expected cost most, and by how much. */
  bestBeside(chosen: readonly InputShape[]): { shape: InputShape; gain: number } {
    const costs = this.costsWith(chosen)
    const gains = this.candidates.map((shape, i) => this.gain(shape, this.held[i], costs))
    const best = gains.reduce((best, gain, i) => (gain > gains[best] ? i : best), 0)
    return { shape: this.candidates[best], gain: gains[best] }
  }

  /** How much a shape lowers the expected cost beside others. */
  gainOf(shape: InputShape, others: readonly InputShape[]): number {
    return this.gain(shape, holder(this.needs)(shape), this.costsWith(others))
  }

  private gain(shape: InputShape, held: Uint32Array, costs: Float64Array): number {
    const { needs } = this
    const cost = costOf(shape)
    let gain = 0
    for (let k = 0; k < held.length; k++) {
      const i = held[k]
      if (costs[i] > cost) gain += needs[i].share * (costs[i] - cost)
    }
    return gain
  }

  /** What each need costs where these shapes are there. */
  private costsWith(shapes: readonly InputShape[]): Float64Array {
    const sorted = [...shapes].sort(byCost)
    return Float64Array.from(this.needs, (need) => costOf(shapeFor(sorted, need)))
  }
}

/**
 * A function that lists the needs which a shape holds. Plain loops: a plan for COCO compares five
 * million pairs.
 */
function holder(needs: readonly InputShape[]): (shape: InputShape) => Uint32Array {
  const heights = Uint32Array.from(needs, ({ size }) => size[0])
  const widths = Uint32Array.from(needs, ({ size }) => size[1])
  const places = Uint32Array.from(needs, ({ slots }) => slots)
  const found = new Uint32Array(needs.length)
  return ({ size: [height, width], slots }) => {
    let count = 0
    for (let i = 0; i < needs.length; i++) {
      if (heights[i] <= height && widths[i] <= width && places[i] <= slots) found[count++] = i
    }
    return found.slice(0, count)
  }
}

/** The most frequent needs. */
function withoutRare(needs: readonly SharedShape[]): SharedShape[] {
  const sorted = [...needs].sort((a, b) => b.share - a.share || byCost(a, b))
  let left = 1
  return sorted.filter(({ share }) => {
    const isRare = left < RARE
    left -= share
    return !isRare
  })
}

/** The shapes that hold all others; joined to one where there are more than `count`. */
function outermost(shapes: readonly InputShape[], count: number): InputShape[] {
  const outer = shapes.filter(
    (shape, i) =>
      !shapes.some((other, j) => holds(other, shape) && (j < i || !holds(shape, other))),
  )
  if (outer.length <= count) return outer
  const largest = (side: (shape: InputShape) => number) => Math.max(...outer.map(side))
  const size: [number, number] = [largest(({ size }) => size[0]), largest(({ size }) => size[1])]
  return [{ size, slots: largest(({ slots }) => slots) }]
}

function planOf(chosen: readonly InputShape[], needs: readonly SharedShape[]): ShapePlan {
  const shapes = [...chosen].sort(byCost).map((shape): SharedShape => ({ ...shape, share: 0 }))
  let own = 0
  let padded = 0
  for (const need of needs) {
    const shape = shapeFor(shapes, need) as SharedShape
    shape.share += need.share
    own += need.share * areaOf(need)
    padded += need.share * areaOf(shape)
  }
  return { shapes, areaWaste: own === 0 ? 0 : padded / own - 1 }
}

/** Distinct values, by what they are as JSON. */
function distinct<Value>(values: readonly Value[]): Value[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()]
}
