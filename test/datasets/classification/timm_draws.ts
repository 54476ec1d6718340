import { readFileSync } from 'node:fs'
import type { Rectangle } from '../../../datasets/pixels/rgb.js'
import type { Random } from '../../../random/random.js'

type Size = [number, number]
/** A level, and its argument with either sign. */
type LevelRow = [level: number, argument: number, negated: number]

/** What timm 1.0.29 and torchvision 0.29.1 make of random numbers that are given. */
interface TimmDraws {
  levels: Record<'increasing' | 'plain', Record<string, LevelRow[] | null>>
  cutmix: {
    size: Size
    share: number
    y: number
    x: number
    box: number[]
    targetShare: number
  }[]
  erasing: { size: Size; uniforms: number[]; box: number[] }[]
  crop: { size: Size; scale: [number, number]; uniforms: number[]; part: Rectangle }[]
}

const path = new URL('../../fixtures/timm_draws.json', import.meta.url)

export const DRAWS: TimmDraws = JSON.parse(readFileSync(path, 'utf8'))

/** A stream of given uniform numbers; `normal` is 0. */
export function scripted(uniforms: readonly number[]): Random {
  const left = [...uniforms]
  const uniform = () => {
    const next = left.shift()
    if (next === undefined) throw new RangeError('more numbers are drawn than given')
    return next
  }
  const stream = {
    uniform,
    between: (least: number, most: number) => least + (most - least) * uniform(),
    integer: (bound: number) => Math.floor(uniform() * bound),
    normal: () => 0,
  }
  return stream as Random
}
