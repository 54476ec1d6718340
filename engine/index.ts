export {
  floats,
  type HostDType,
  type HostTensor,
  ints,
  isHostTensor,
  scalar,
  sizeOf,
  zeros,
} from '../host_tensor.js'
export { compile } from './compile.js'
export type { Compiled, CompiledFunction, CompileOptions, RunOptions } from './compiled.js'
export {
  type ComputeOptions,
  DEVICES,
  type DeviceName,
  ENGINES,
  type EngineName,
  type Placement,
  PRECISIONS,
  type Precision,
} from './compute_options.js'
export { DeviceTensor, type Memory } from './device_tensor.js'
export { eager, tensorMemory } from './eager.js'
export { openMemory } from './memory.js'
export { setSharedThreads, sharedThreads } from './runtime/environment.js'
export { Session, type SessionOptions, transferred } from './runtime/session.js'
export {
  flattenTree,
  type HostTree,
  hostTensor,
  isRunTensor,
  isTensor,
  mapTree,
  type RunTensor,
  type RunTree,
  type TensorTree,
  type Tree,
  toHost,
  toTensor,
} from './tensors.js'
export { type KernelCall, type Lowering, type LoweringRule, lower } from './trace/lowering.js'
export { type TracedFunction, trace } from './trace/trace.js'
