import { CocoError } from '../errors.js'
import type { NodeModules } from './node_modules.js'

/** Bytes read at a time: lists that are asked for often follow each other. */
const WINDOW = 2 ** 16

/** Bytes of a file, read when they are asked for. */
export class StoredSection {
  private readonly file: StoredFile
  private readonly start: number
  private readonly length: number
  private window: Uint8Array | null = null
  private windowStart = 0
  private windowEnd = 0

  constructor(file: StoredFile, start: number, length: number) {
    this.file = file
    this.start = start
    this.length = length
  }

  /** Copies the bytes from `start` on. */
  read(target: Uint8Array, start: number): void {
    const end = start + target.length
    if (target.length > WINDOW) {
      this.file.read(target, this.start + start)
      return
    }
    this.window ??= new Uint8Array(WINDOW)
    if (start < this.windowStart || end > this.windowEnd) {
      const count = Math.min(WINDOW, this.length - start)
      this.file.read(this.window.subarray(0, count), this.start + start)
      this.windowStart = start
      this.windowEnd = start + count
    }
    target.set(this.window.subarray(start - this.windowStart, end - this.windowStart))
  }
}

/** An open file, closed when nothing refers to it any more. */
export class StoredFile {
  private readonly descriptor: number
  private readonly path: string
  private readonly modules: NodeModules

  constructor(descriptor: number, path: string, modules: NodeModules) {
    this.descriptor = descriptor
    this.path = path
    this.modules = modules
    abandoned.register(this, () => modules.fs.closeSync(descriptor))
  }

  /**
   * Fills `target`. @throws CocoError where the file, which was whole when it was opened, is not
   * any more.
   */
  read(target: Uint8Array, position: number): void {
    const { descriptor, path, modules } = this
    try {
      readFully(descriptor, target, position, modules)
    } catch (error) {
      const fix = 'delete it, and it will be written anew'
      throw new CocoError(path, `cannot be read any more (${(error as Error).message})`, fix)
    }
  }
}

const abandoned = new FinalizationRegistry<() => void>((close) => close())

/** Fills `target`. @throws where the file ends before. */
export function readFully(
  descriptor: number,
  target: Uint8Array,
  position: number,
  { fs }: NodeModules,
): void {
  for (let done = 0; done < target.length; ) {
    const left = target.length - done
    const count = fs.readSync(descriptor, target, done, left, position + done)
    if (count === 0) throw new Error('it ends too early')
    done += count
  }
}
