import { type BenchmarkRatio, type BenchmarkRow, MAX_SPREAD } from './benchmark_document.js'
import { isWithin, spreadOf } from './spread.js'
import { median } from './time_in_turns.js'

/** Two detectors whose speeds were published beside each other. */
interface PublishedPair {
  framework: string
  /** The backbone whose frames a second are divided by those of the other. */
  backbones: readonly [first: string, second: string]
  ratio: number
}

/**
 * Frames a second of the first over those of the second.
 *
 * Source: VanillaNet, arXiv:2305.12972, table 5 (`actNum` 3), and its repository, which gives the
 * same figures for `actNum` 4: an A100, 800 x 1280, one image at a time.
 */
const PUBLISHED: readonly PublishedPair[] = [
  { framework: 'RetinaNet', backbones: ['VanillaNet-13', 'Swin-T'], ratio: 1.08 }, // 29.8 / 27.5
  { framework: 'Mask R-CNN', backbones: ['VanillaNet-13', 'Swin-T'], ratio: 1.16 }, // 32.6 / 28.2
]

/** A ratio for each two rows of a published pair that were timed in turn with each other. */
export function ratiosOf(
  rows: readonly BenchmarkRow[],
  maxSpread: number = MAX_SPREAD,
): BenchmarkRatio[] {
  return PUBLISHED.flatMap(({ framework, backbones: [first, second], ratio }) => {
    const ofFramework = rows.filter((row) => row.framework === framework)
    return ofFramework
      .filter(({ backbone }) => backbone === first)
      .flatMap((a) =>
        ofFramework
          .filter(({ backbone, batch }) => backbone === second && batch === a.batch)
          .map((b) => ratioOf(a, b, { published: ratio, maxSpread })),
      )
  })
}

/** Repeat by repeat, since both took turns in each. */
function ratioOf(
  a: BenchmarkRow,
  b: BenchmarkRow,
  { published, maxSpread }: { published: number; maxSpread: number },
): BenchmarkRatio {
  const perRepeat = a.repeats.map(({ median }, i) => b.repeats[i].median / median)
  const spread = spreadOf(perRepeat)
  return {
    name: `${a.backbone} / ${b.backbone}`,
    framework: a.framework,
    form: a.form,
    batch: a.batch,
    configs: [a.config, b.config],
    fpsRatio: median(perRepeat),
    perRepeat,
    spread,
    isResult: isWithin(spread, maxSpread),
    published,
  }
}
