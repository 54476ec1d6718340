import type { HostTensor } from '../host_tensor.js'

/** The values of a tensor as nested lists. */
export function nestedValues({ shape, data }: HostTensor): unknown {
  let values: unknown[] = [...data]
  for (const side of shape.slice(1).reverse()) {
    values = Array.from({ length: values.length / side }, (_, i) =>
      values.slice(i * side, (i + 1) * side),
    )
  }
  return values
}
