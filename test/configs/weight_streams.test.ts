import test from 'ava'
import maskRcnn from '../../configs/mask_rcnn_vanilla13.js'
import retinanet from '../../configs/retinanet_vanilla13.js'
import { resolveConfig } from '../../experiments/load.js'
import type { Parameter } from '../../nn/index.js'
import { Random } from '../../random/random.js'
import { buildDetector, type Config } from '../../registry.js'

/**
 * A word in 256 ends a sampled window, wherever it comes, so that both ends of a shared run sample
 * the same ones.
 */
const SAMPLED_BELOW = 2 ** 24

/** Windows of two words that were drawn before, and for which weight. */
class Windows {
  private readonly owners = new Map<number, string>()
  readonly shared = new Set<string>()
  draws = 0

  /** Stands between a generator and a weight. */
  watch(random: Random, name: string): Random {
    const bits = random.bits.bind(random)
    let before = 0
    random.bits = () => {
      const word = bits()
      this.draws++
      if (word < SAMPLED_BELOW) this.note(word * 2 ** 29 + (before >>> 3), name)
      before = word
      return word
    }
    return random
  }

  private note(window: number, name: string): void {
    const owner = this.owners.get(window)
    if (owner !== undefined) this.shared.add(`${owner} and ${name}`)
    this.owners.set(window, name)
  }
}

/** The generator that was here before, with 32 bits of state: mulberry32, seeded by FNV-1a. */
class SmallRandom extends Random {
  private state: number

  constructor(...words: (number | string)[]) {
    super()
    let hash = 0x811c9dc5
    for (const character of words.join('\u0000')) {
      hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193)
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    this.state = hash ^ (hash >>> 16)
  }

  override bits(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return (t ^ (t >>> 14)) >>> 0
  }
}

function weightsOf(config: Config): [string, Parameter][] {
  return buildDetector(resolveConfig(config).model).namedParameters()
}

function drawAll(weights: [string, Parameter][], random: (name: string) => Random): Windows {
  const windows = new Windows()
  for (const [name, parameter] of weights) {
    parameter.initialize(windows.watch(random(name), name))
    parameter.data = new Float32Array() // or all of them stay in memory
  }
  return windows
}

test('no weights of the two headline detectors share a run of random numbers', (t) => {
  // A weight of one name has the same numbers in both detectors, and is drawn once.
  const weights = new Map([...weightsOf(retinanet), ...weightsOf(maskRcnn)])
  const { shared, draws } = drawAll([...weights], (name) => new Random(0, name))
  t.deepEqual([...shared], [])
  t.true(draws > 100e6, `${draws} words drawn`)
})

test('a generator with 32 bits of state is caught: two large weights share a run', (t) => {
  const large = /^backbone\.stages\.(6|10)\.conv2\.0\.weight$/
  const weights = weightsOf(retinanet).filter(([name]) => large.test(name))
  const { shared } = drawAll(weights, (name) => new SmallRandom(0, name))
  t.deepEqual(
    [...shared],
    ['backbone.stages.6.conv2.0.weight and backbone.stages.10.conv2.0.weight'],
  )
})
