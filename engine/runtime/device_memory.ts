import { type HostDType, type HostTensor, zeros } from '../../host_tensor.js'
import type { DeviceTensor, Memory } from '../device_tensor.js'
import { encodeModel } from '../onnx/model_proto.js'
import { Graph } from '../trace/graph.js'
import { memoryOfDevice, shareCudaArena } from './environment.js'
import { OrtTensor } from './ort_tensor.js'
import { PROVIDERS, type RemoteDevice } from './providers.js'
import { Session } from './session.js'
import { requireCudnn, requireVulkan } from './system_library.js'

/** Arrays on the host, which sessions on the processor read and write where they are. */
export const hostMemory: Memory = {
  upload: (host) => OrtTensor.onHost(host),
  zeros: (dtype, shape) => OrtTensor.onHost(zeros(dtype, shape)),
  write: (tensor, host) => tensor.read().data.set(host.data),
}

const opened = new Map<RemoteDevice, Memory>()

/**
 * The memory of a device, one for the process.
 *
 * @throws DeviceError where the device is not there.
 */
export function deviceMemory(device: RemoteDevice): Memory {
  const memory = opened.get(device) ?? openDevice(device)
  opened.set(device, memory)
  return memory
}

function openDevice(device: RemoteDevice): Memory {
  const info = memoryOfDevice(PROVIDERS[device].memory)
  if (device === 'webgpu') requireVulkan()
  // ONNX Runtime ends the process where it is asked to share memory of a device that is not there:
  // a session reports.
  new Copiers(device).of('float32', 1).dispose()
  if (device === 'cuda') requireCudnn()
  if (device === 'cuda') shareCudaArena(info) // for the sessions that are made from now on
  const copiers = new Copiers(device)
  const allocator = copiers.of('float32', 1).allocator(info)

  const download = (tensor: OrtTensor) => {
    const host = zeros(tensor.dtype, tensor.shape)
    copiers.of(tensor.dtype, tensor.shape.length).runNow({ x: tensor }, { y: host })
    return host
  }
  const write = (tensor: DeviceTensor, host: HostTensor) =>
    copiers.of(host.dtype, host.shape.length).runNow({ x: host }, { y: tensor })
  const upload = (host: HostTensor) => {
    const tensor = OrtTensor.onDevice(host, allocator, download)
    write(tensor, host)
    return tensor
  }
  return { upload, zeros: (dtype, shape) => upload(zeros(dtype, shape)), write }
}

/**
 * Copies are runs of a graph that changes nothing: ONNX Runtime brings what it is given to where it
 * computes, and what it has computed to where the memory for it is.
 */
class Copiers {
  private readonly made = new Map<string, Session>()

  constructor(private readonly device: RemoteDevice) {}

  /** For tensors of a type and a number of axes. */
  of(dtype: HostDType, rank: number): Session {
    const key = `${dtype} ${rank}`
    const options = { device: this.device, allowCpuNodes: true }
    const session = this.made.get(key) ?? Session.create('copy', encodeCopy(dtype, rank), options)
    this.made.set(key, session)
    return session
  }
}

function encodeCopy(dtype: HostDType, rank: number): Uint8Array {
  const graph = new Graph()
  const shape = Array.from({ length: rank }, () => -1) // known when it runs
  const x = graph.input(dtype, shape)
  const y = graph.node('Identity', [x], { dtype, shape })
  return encodeModel({
    name: 'copy',
    nodes: graph.liveNodes([y]),
    inputs: [{ name: 'x', value: x }],
    outputs: [{ name: 'y', value: y }],
    constants: [],
  })
}
