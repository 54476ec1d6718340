import type { Module } from '../../nn/index.js'

/**
 * `size` numbers in [-1, 1) by 32-bit integer arithmetic alone, which
 * `test/fixtures/make_resnet.py` repeats: weights of a whole network that need not be stored.
 */
export function formula(size: number, seed: number): Float32Array {
  const start = Math.imul(seed, 0x9e3779b1)
  const numbers = new Float32Array(size)
  for (let i = 0; i < size; i++) {
    let x = (start + i) | 0
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
    numbers[i] = ((x ^ (x >>> 16)) >>> 0) / 2 ** 31 - 1
  }
  return numbers
}

/**
 * Kernels that keep the signal's size, and norms that are not trivial; each by its place among the
 * names.
 */
export function giveFormulaWeights(network: Module): void {
  for (const [index, [name, parameter]] of network.namedParameters().entries()) {
    const { shape } = parameter
    const size = shape.reduce((product, side) => product * side, 1)
    const numbers = formula(size, index)
    parameter.data = numbers.map(mapOf(name, size / shape[0], shape.length))
  }
}

function mapOf(name: string, fanIn: number, rank: number): (number: number) => number {
  if (rank > 1) {
    const bound = Math.sqrt(6 / fanIn)
    return (number) => number * bound
  }
  if (name.endsWith('running_var')) return (number) => 1 + number * 0.5
  if (name.endsWith('bias') || name.endsWith('running_mean')) return (number) => number * 0.2
  return (number) => 0.7 + number * 0.3
}
