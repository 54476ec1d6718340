import { readFileSync } from 'node:fs'
import { floats, sizeOf } from '../../host_tensor.js'
import type { Pretrained } from '../../pretrained/read_pretrained.js'
import { buildModel, type Config } from '../../registry.js'

type Names = [name: string, shape: number[]][]

const file = new URL('../fixtures/pretrained_names.json', import.meta.url)
const KNOWN: Record<string, Names> = JSON.parse(readFileSync(file, 'utf8'))

/** Names and shapes of a model of torchvision's or timm's. */
export function namesOf(model: string): Names {
  return KNOWN[model]
}

/**
 * A file of these tensors. Each value is the index of its row along the first axis plus that of its
 * column along the last one in thousandths, so that a test can check where it came from.
 */
export function fileOf(names: Names, more: Partial<Pretrained> = {}): Pretrained {
  const tensors = names.map(([name, shape]) => {
    const read = async () => floats(tracedValues(shape), shape)
    return [name, { dtype: 'float32' as const, shape, read }] as const
  })
  return {
    path: 'file.pth',
    format: 'PyTorch',
    key: undefined,
    tensors: Object.fromEntries(tensors),
    others: [],
    classes: undefined,
    refused: [],
    metadata: {},
    ...more,
  }
}

function tracedValues(shape: readonly number[]): Float32Array {
  const columns = shape.length > 1 ? shape[shape.length - 1] : 1
  const rowSize = sizeOf(shape.slice(1))
  return Float32Array.from({ length: sizeOf(shape) }, (_, i) => {
    return Math.floor(i / rowSize) + (i % columns) / 1000
  })
}

/** Shapes of the model of a config by name. */
export function shapesOf(config: Config): Record<string, readonly number[]> {
  const named = buildModel(config.model).namedParameters()
  return Object.fromEntries(named.map(([name, { shape }]) => [name, shape]))
}
