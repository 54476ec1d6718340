import { closeSync, openSync, renameSync, writeSync } from 'node:fs'

/** Characters held before they are written. */
const CHUNK = 2 ** 20

/** A text file of any size, written piece by piece; it has its name only once it is whole. */
export class JsonFile {
  bytes = 0
  private pieces: string[] = []
  private held = 0
  private readonly descriptor: number

  constructor(private readonly path: string) {
    this.descriptor = openSync(`${path}.partial`, 'w')
  }

  /** @param text ASCII. */
  write(text: string): void {
    this.pieces.push(text)
    this.held += text.length
    this.bytes += text.length
    if (this.held >= CHUNK) this.flush()
  }

  /** An array of objects. */
  writeArray(entries: Iterable<unknown>): void {
    let separator = '['
    for (const entry of entries) {
      this.write(separator + JSON.stringify(entry))
      separator = ','
    }
    this.write(separator === '[' ? '[]' : ']')
  }

  close(): void {
    this.flush()
    closeSync(this.descriptor)
    renameSync(`${this.path}.partial`, this.path)
  }

  private flush(): void {
    writeSync(this.descriptor, this.pieces.join(''))
    this.pieces = []
    this.held = 0
  }
}
