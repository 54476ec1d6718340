/** What columns are written to and read from: named sections of bytes. */

/** A value that JSON keeps. */
export type About = Record<string, unknown>

export interface SectionOptions {
  /** Reads stay in the file until they are asked for. @default false */
  isLazy?: boolean
}

export interface SectionSink {
  /**
   * Adds a section, its bytes in parts that follow each other. They are not copied.
   *
   * @param about what is needed to read it back.
   */
  add(name: string, parts: readonly Uint8Array[], about: About, options?: SectionOptions): void
}

/** A section of a file, checked. */
export interface Section {
  about: About
  /** Bytes at the start of a buffer of its own; empty for a section that is lazy. */
  bytes: Uint8Array<ArrayBuffer>
  /** Copies the bytes from `start` on. Of a section that is lazy. */
  read(target: Uint8Array, start: number): void
}

export interface SectionSource {
  /** @throws where there is no such section. */
  section(name: string): Section
}

export function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
