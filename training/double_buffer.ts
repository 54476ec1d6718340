import { DeviceTensor, type Memory } from '../engine/device_tensor.js'
import type { RunTensor } from '../engine/tensors.js'

/**
 * Named tensors that runs replace without a copy. A run reads `latest()` and writes `into()`,
 * tensors that hold nothing in use; `take` makes what it wrote the latest. `commit` then keeps the
 * latest for good, and `abandon` goes back to what the last `commit` kept, which nothing has
 * written to meanwhile. What is no longer needed is written to by later runs.
 *
 * A name without such a spare tensor, as a buffer of which it is not known yet whether runs change
 * it, comes out of a run as a new tensor on the host, which is brought to the device: from then on
 * it is written in place too.
 */
export class DoubleBuffer {
  /** Tensors as the last `commit` left them. */
  private readonly kept: Record<string, DeviceTensor>
  /** What runs have written since. */
  private written: Record<string, DeviceTensor> = {}
  private readonly spares = new Map<string, DeviceTensor[]>()

  /** @param tensors are taken over. */
  constructor(
    private readonly memory: Memory,
    tensors: Readonly<Record<string, DeviceTensor>>,
  ) {
    this.kept = { ...tensors }
  }

  /** Makes a tensor of the same shape that can be written to, for each of `names`. */
  reserve(names: Iterable<string>): this {
    for (const name of names) {
      const { dtype, shape } = this.kept[name]
      this.sparesOf(name).push(this.memory.zeros(dtype, shape))
    }
    return this
  }

  latest(): Record<string, DeviceTensor> {
    return { ...this.kept, ...this.written }
  }

  /** Those of `latest` that runs have written since the last `commit`. */
  changed(): Record<string, DeviceTensor> {
    return { ...this.written }
  }

  /** What the next run may write to. */
  into(): Record<string, DeviceTensor> {
    const found = [...this.spares].flatMap(([name, spares]) =>
      spares.length > 0 ? [[name, spares[0]] as const] : [],
    )
    return Object.fromEntries(found)
  }

  /** @param results of a run that was given `latest` and `into`; others keep their values. */
  take(results: Readonly<Record<string, RunTensor>>): void {
    for (const [name, result] of Object.entries(results)) {
      const spares = this.sparesOf(name)
      if (result === spares[0]) spares.shift()
      if (name in this.written) spares.push(this.written[name])
      this.written[name] = result instanceof DeviceTensor ? result : this.memory.upload(result)
    }
  }

  commit(): void {
    for (const [name, tensor] of Object.entries(this.written)) {
      this.sparesOf(name).push(this.kept[name])
      this.kept[name] = tensor
    }
    this.written = {}
  }

  abandon(): void {
    for (const [name, tensor] of Object.entries(this.written)) this.sparesOf(name).push(tensor)
    this.written = {}
  }

  dispose(): void {
    this.abandon()
    for (const tensor of [...Object.values(this.kept), ...[...this.spares.values()].flat()]) {
      tensor.dispose()
    }
  }

  private sparesOf(name: string): DeviceTensor[] {
    const spares = this.spares.get(name) ?? []
    this.spares.set(name, spares)
    return spares
  }
}
