import type { HostTensor } from '../../host_tensor.js'
import type { DeviceState, State } from '../../training/train_state.js'

/** The numbers of a state as they are now. */
export function readAll({ parameters, buffers, optimizer, ema }: DeviceState): State<HostTensor> {
  const slots = Object.entries(optimizer).map(([slot, arrays]) => [slot, read(arrays)] as const)
  return {
    parameters: read(parameters),
    buffers: read(buffers),
    optimizer: Object.fromEntries(slots),
    ema: read(ema),
  }
}

function read(tensors: DeviceState['ema']): Record<string, HostTensor> {
  const numbers = Object.entries(tensors).map(([name, tensor]) => {
    const { dtype, shape, data } = tensor.read()
    return [name, { dtype, shape, data: data.slice() }] as const
  })
  return Object.fromEntries(numbers)
}
