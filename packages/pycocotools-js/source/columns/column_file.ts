/**
 * A file of sections, each with a checksum.
 *
 *     bytes 0 8 magic 8 4 version of the format 12 4 BYTE_ORDER, in the byte order of the
 *             columns 16 4 length of the table 20 4 CRC-32 of the table 24 the table, JSON: the
 *             fingerprint of the source, and name, length and CRC-32 of each section the sections,
 *             one after the other, up to the end
 */
import type {
  About,
  Section,
  SectionOptions,
  SectionSink,
  SectionSource,
} from './column_sections.js'
import { jsonOf, parseJson } from './json_section.js'
import type { NodeModules } from './node_modules.js'
import { readFully, StoredFile, StoredSection } from './stored_section.js'

const MAGIC = new TextEncoder().encode('COCOCOLS')
/** Version, to be raised when sections change, or when the reader reads a file otherwise. */
const VERSION = 1
const BYTE_ORDER = 0x01020304
const HEAD_BYTES = 24

/** Bytes read at a time. */
const PIECE = 2 ** 20

interface Entry {
  name: string
  length: number
  crc: number
  isLazy: boolean
  about: About
}

interface Table {
  fingerprint: string
  sections: Entry[]
}

/** Collects sections to be written. */
export class ColumnFileWriter implements SectionSink {
  private readonly entries: Entry[] = []
  private readonly parts: Uint8Array[] = []
  private readonly modules: NodeModules

  constructor(modules: NodeModules) {
    this.modules = modules
  }

  add(
    name: string,
    parts: readonly Uint8Array[],
    about: About,
    { isLazy = false }: SectionOptions = {},
  ): void {
    let length = 0
    let crc = 0
    for (const part of parts) {
      length += part.length
      crc = this.modules.zlib.crc32(part, crc)
      this.parts.push(part)
    }
    this.entries.push({ name, length, crc, isLazy, about })
  }

  /**
   * Writes the file under another name, syncs and renames it. Of several writers at a time, the
   * last one's stays.
   *
   * @throws where it cannot be written; then nothing is left of it.
   */
  async write(path: string, fingerprint: string): Promise<void> {
    const { fs, zlib } = this.modules
    const table = jsonOf({ fingerprint, sections: this.entries } satisfies Table)
    const head = new Uint8Array(HEAD_BYTES)
    head.set(MAGIC)
    new Uint32Array(head.buffer, MAGIC.length).set([
      VERSION,
      BYTE_ORDER,
      table.length,
      zlib.crc32(table),
    ])
    const suffix = Math.random().toString(36).slice(2, 10)
    const unfinished = `${path}.${process.pid}.${suffix}.tmp`
    try {
      const file = await fs.promises.open(unfinished, 'wx')
      try {
        for (const part of [head, table, ...this.parts]) await writeAll(file, part)
        await file.sync()
      } finally {
        await file.close()
      }
      await fs.promises.rename(unfinished, path)
      await this.removeStale(path).catch(() => {}) // others may be at it, too
    } catch (error) {
      await fs.promises.rm(unfinished, { force: true }).catch(() => {})
      throw error
    }
  }

  private async removeStale(path: string): Promise<void> {
    const { promises } = this.modules.fs
    const { basename, dirname, join } = this.modules.path
    for (const name of await promises.readdir(dirname(path))) {
      if (!name.startsWith(`${basename(path)}.`) || !name.endsWith('.tmp')) continue
      const file = join(dirname(path), name)
      const stats = await promises.stat(file).catch(() => undefined)
      if (stats && Date.now() - stats.mtimeMs > STALE_MS) await promises.rm(file, { force: true })
    }
  }
}

/** What is older was left by a writer that crashed. */
const STALE_MS = 3600e3

async function writeAll(
  file: { write(bytes: Uint8Array, at: number): Promise<{ bytesWritten: number }> },
  bytes: Uint8Array,
): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten
}

/** Why a file of columns is not used. */
export class UnusableColumns extends Error {
  override name = 'UnusableColumns'
}

/** An open file of columns, every section of which was checked. */
export class ColumnFile implements SectionSource {
  private readonly sections: ReadonlyMap<string, Section>

  private constructor(sections: ReadonlyMap<string, Section>) {
    this.sections = sections
  }

  /**
   * Opens and checks a file: every byte counts. Sections that are not lazy are in memory then.
   *
   * @param fingerprint of the source as it is now.
   * @throws UnusableColumns with the reason, or an error of the file system.
   */
  static open(path: string, fingerprint: string, modules: NodeModules): ColumnFile {
    const descriptor = modules.fs.openSync(path, 'r')
    try {
      const { entries, start } = readTable(descriptor, fingerprint, modules)
      const loaded = loadSections(descriptor, entries, start, modules)
      const file = new StoredFile(descriptor, path, modules)
      const sections = new Map<string, Section>()
      let at = start
      for (const [i, { name, length, about }] of entries.entries()) {
        const stored = new StoredSection(file, at, length)
        const read = (target: Uint8Array, from: number) => stored.read(target, from)
        sections.set(name, { about, bytes: loaded[i], read })
        at += length
      }
      return new ColumnFile(sections)
    } catch (error) {
      modules.fs.closeSync(descriptor)
      throw error
    }
  }

  section(name: string): Section {
    const section = this.sections.get(name)
    if (section === undefined) throw new UnusableColumns(`has no section '${name}'`)
    return section
  }
}

/** Reads and checks what stands before the sections. */
function readTable(
  descriptor: number,
  fingerprint: string,
  modules: NodeModules,
): { entries: Entry[]; start: number } {
  const { size } = modules.fs.fstatSync(descriptor)
  if (size < HEAD_BYTES) throw new UnusableColumns('is cut short')
  const head = new Uint8Array(HEAD_BYTES)
  readFully(descriptor, head, 0, modules)
  if (!MAGIC.every((byte, i) => head[i] === byte)) throw new UnusableColumns('is no such file')
  const [version, order, length, crc] = new Uint32Array(head.buffer, MAGIC.length)
  if (order !== BYTE_ORDER) throw new UnusableColumns('is of another byte order')
  if (version !== VERSION) throw new UnusableColumns(`is of version ${version}, not ${VERSION}`)
  if (HEAD_BYTES + length > size) throw new UnusableColumns('is cut short')
  const bytes = new Uint8Array(length)
  readFully(descriptor, bytes, HEAD_BYTES, modules)
  if (modules.zlib.crc32(bytes) !== crc)
    throw new UnusableColumns("has a wrong checksum in 'table'")
  const table = parseJson(bytes) as Table
  if (table.fingerprint !== fingerprint)
    throw new UnusableColumns('is of another state of the annotation file')
  const start = HEAD_BYTES + length
  const end = start + table.sections.reduce((sum, entry) => sum + entry.length, 0)
  if (end !== size) throw new UnusableColumns(end > size ? 'is cut short' : 'is too long')
  return { entries: table.sections, start }
}

/** Reads all sections, and checks them. @returns the bytes of each; none where it is lazy. */
function loadSections(
  descriptor: number,
  entries: readonly Entry[],
  start: number,
  modules: NodeModules,
): Uint8Array<ArrayBuffer>[] {
  const scratch = new Uint8Array(PIECE)
  let at = start
  return entries.map(({ name, length, crc, isLazy }) => {
    const bytes = new Uint8Array(isLazy ? 0 : length)
    let found = 0
    for (let done = 0; done < length; done += PIECE) {
      const count = Math.min(PIECE, length - done)
      const piece = isLazy ? scratch.subarray(0, count) : bytes.subarray(done, done + count)
      readFully(descriptor, piece, at + done, modules)
      found = modules.zlib.crc32(piece, found)
    }
    at += length
    if (found !== crc) throw new UnusableColumns(`has a wrong checksum in '${name}'`)
    return bytes
  })
}
