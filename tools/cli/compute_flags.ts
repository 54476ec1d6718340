import { type Command, Option } from 'commander'
import {
  type ComputeOptions,
  DEVICES,
  type DeviceName,
  ENGINES,
  type EngineName,
  type Placement,
  PRECISIONS,
  type Precision,
} from '../../engine/compute_options.js'
import { openMemory } from '../../engine/memory.js'
import { ConfigError } from '../../errors.js'
import { type ConfigFlags, configOptions } from './command.js'

/** Options of every command that computes a model where its flags choose. */
export interface ComputeFlags extends ConfigFlags {
  device: DeviceName
  precision?: Precision
  allowCpuNodes?: boolean
  engine?: EngineName
}

/** Adds `--precision`, `--allow-cpu-nodes`, and `configOptions` with every device. */
export function computeOptions(program: Command): Command {
  return configOptions(program, DEVICES)
    .addOption(
      new Option(
        '--precision <name>',
        "of products and convolutions (default: the config's, else fp32); tf32 is for cuda",
      ).choices(PRECISIONS),
    )
    .option('--allow-cpu-nodes', 'go on where the device has no kernel for a part of a graph')
}

/** `--engine onnxruntime|tensorflow|tfjs`. */
export function engineOption(): Option {
  return new Option('--engine <name>', 'traced graphs, or TensorFlow.js operation by operation')
    .choices(ENGINES)
    .default('onnxruntime' satisfies EngineName)
}

/**
 * Where and how precisely to compute, by flags and the precision of a config. The device is looked
 * for at once, so that nothing is read for a device that is not there. Of a graph on a device `say`
 * hears which providers run its nodes.
 *
 * @throws DeviceError
 */
export function openCompute(
  flags: ComputeFlags,
  configured: Precision | undefined,
  say: (line: string) => void,
): ComputeOptions {
  const { engine = 'onnxruntime', device, precision = configured, allowCpuNodes } = flags
  const precisionFlag = flags.precision === undefined ? 'precision' : '--precision'
  if (engine !== 'onnxruntime' && device !== 'cpu') {
    const fix =
      engine === 'tensorflow'
        ? 'leave out --device: TensorFlow takes the GPU that it finds'
        : 'leave out one of them'
    throw new ConfigError(
      '--device',
      `is ${device}, where --engine ${engine} does not compute`,
      fix,
    )
  }
  if (precision === 'tf32' && device !== 'cuda') {
    const fix =
      device === 'webgpu'
        ? 'use --precision fp32 or fp16'
        : 'use --device cuda, or --precision fp32'
    throw new ConfigError(precisionFlag, `is tf32, which only cuda has, not ${device}`, fix)
  }
  if (engine !== 'onnxruntime' && (precision ?? 'fp32') !== 'fp32') {
    const what = `is ${precision}, where --engine ${engine} computes in fp32`
    throw new ConfigError(precisionFlag, what, 'use --precision fp32, or --engine onnxruntime')
  }
  if (allowCpuNodes && device === 'cpu') {
    const what = 'is for other devices than the cpu, which has a kernel for every node'
    throw new ConfigError('--allow-cpu-nodes', what, 'leave it out, or give --device')
  }
  const compute: ComputeOptions = { engine, device, precision, allowCpuNodes }
  if (device !== 'cpu') compute.onPlaced = sayPlacements(say)
  openMemory(compute)
  return compute
}

/**
 * Reports for each graph which providers run how many of its nodes; the same of graphs for other
 * image sizes only once.
 */
export function sayPlacements(say: (line: string) => void): (placement: Placement) => void {
  const reported = new Set<string>()
  return ({ graph, nodes }) => {
    const counts = Object.entries(nodes).sort(([, a], [, b]) => b - a)
    const parts = counts.map(([provider, count], i) => {
      return `${count}${i === 0 ? (count === 1 ? ' node' : ' nodes') : ''} on ${provider}`
    })
    const line = `${graph}: ${parts.join(', ')}`
    if (!reported.has(line)) say(line)
    reported.add(line)
  }
}
