import { type Lowering, lower, numbersOf, type Traced, type TracedDType } from '../lowering.js'

lower('Fill', (lowering, { attributes }) =>
  lowering.filled(
    (attributes.dtype as TracedDType | undefined) ?? 'float32',
    attributes.shape as number[],
    Number(attributes.value),
  ),
)

lower('Range', (lowering, { attributes }) => {
  const start = Number(attributes.start)
  const step = Number(attributes.step)
  const count = Math.max(0, Math.ceil((Number(attributes.stop) - start) / step))
  const dtype = (attributes.dtype as TracedDType | undefined) ?? 'float32'
  return listed(
    lowering,
    dtype,
    Array.from({ length: count }, (_, i) => start + i * step),
  )
})

lower('LinSpace', (lowering, { attributes }) => {
  const start = Number(attributes.start)
  const count = Number(attributes.num)
  const step = (Number(attributes.stop) - start) / Math.max(count - 1, 1)
  return listed(
    lowering,
    'float32',
    Array.from({ length: count }, (_, i) => start + i * step),
  )
})

function listed(lowering: Lowering, dtype: TracedDType, values: number[]): Traced {
  return lowering.constant(dtype, [values.length], numbersOf(dtype, values))
}
