/** Memory that is done with, to be written over. */
export class SpareBuffers {
  private buffers: ArrayBuffer[] = []

  /** Takes the memory behind an array, which is empty from now on. */
  add({ buffer }: Uint8Array): void {
    if (!(buffer instanceof ArrayBuffer) || buffer.byteLength === 0) return
    this.buffers.push(structuredClone(buffer, { transfer: [buffer] }))
  }

  /**
   * One of at least so many bytes. Of spares that are all smaller one is dropped: a larger one
   * comes in its place.
   */
  take(bytes: number): ArrayBuffer | undefined {
    const place = this.buffers.findIndex(({ byteLength }) => byteLength >= bytes)
    if (place !== -1) return this.buffers.splice(place, 1)[0]
    this.buffers.shift()
    return undefined
  }

  clear(): void {
    this.buffers = []
  }
}
