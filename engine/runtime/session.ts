import * as ort from 'onnxruntime-node'
import { TraceError } from '../../errors.js'
import type { HostTensor } from '../tensors.js'

export interface SessionOptions {
  /** Threads that compute one operation; 0 leaves the choice to ONNX Runtime. @default 0 */
  threads?: number
  /** Writes a profile of every run to this prefix when the session ends. */
  profilePrefix?: string
}

/** A graph loaded into ONNX Runtime on the CPU. */
export class Session {
  private readonly session: ort.InferenceSession
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]

  private constructor(session: ort.InferenceSession) {
    this.session = session
    this.inputNames = session.inputNames
    this.outputNames = session.outputNames
  }

  /** @param model an ONNX file, or its path. */
  static async create(
    name: string,
    model: Uint8Array | string,
    { threads = 0, profilePrefix }: SessionOptions = {},
  ): Promise<Session> {
    const options: ort.InferenceSession.SessionOptions = {
      executionProviders: ['cpu'],
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
      ...(threads > 0 && { intraOpNumThreads: threads }),
      ...(profilePrefix !== undefined && {
        enableProfiling: true,
        profileFilePrefix: profilePrefix,
      }),
    }
    try {
      const loaded =
        typeof model === 'string'
          ? await ort.InferenceSession.create(model, options)
          : await ort.InferenceSession.create(model, options)
      return new Session(loaded)
    } catch (error) {
      throw new TraceError(
        name,
        `ONNX Runtime cannot load the graph (${(error as Error).message})`,
        'report it with the function that was traced',
      )
    }
  }

  /**
   * Runs the graph. It computes on the calling thread: nothing else happens in the process meanwhile.
   *
   * @param fetches pre-allocated tensors to write to; other outputs are allocated.
   */
  async run(
    feeds: Readonly<Record<string, HostTensor>>,
    fetches: Readonly<Record<string, HostTensor | null>>,
  ): Promise<Record<string, HostTensor>> {
    const results = await this.session.run(
      Object.fromEntries(Object.entries(feeds).map(([key, value]) => [key, toOrt(value)])),
      Object.fromEntries(
        Object.entries(fetches).map(([key, value]) => [key, value === null ? null : toOrt(value)]),
      ),
    )
    return Object.fromEntries(
      Object.entries(results).map(([key, value]) => [key, fetches[key] ?? fromOrt(value)]),
    )
  }

  /** Writes the profile, if one was asked for. */
  endProfiling(): void {
    this.session.endProfiling()
  }

  async dispose(): Promise<void> {
    await this.session.release()
  }
}

function toOrt({ dtype, shape, data }: HostTensor): ort.Tensor {
  return new ort.Tensor(dtype, data as Float32Array, [...shape])
}

function fromOrt(tensor: ort.Tensor): HostTensor {
  return {
    dtype: tensor.type as HostTensor['dtype'],
    shape: tensor.dims,
    data: tensor.data as Float32Array,
  }
}
