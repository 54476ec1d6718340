import { read } from 'node:fs'
import * as yauzl from 'yauzl'
import { DataError } from '../../errors.js'
import { readBytes, withFile } from '../../files/file_bytes.js'
import { MAX_PICKLE_BYTES, type TorchFile } from './torch_file.js'
import { broken, noEncounters, readTorchPickle } from './torch_pickle.js'

/** A file with more parts is not believed. */
const MAX_PARTS = 200_000

const STORED = 0

interface Part {
  start: number
  bytes: number
}

/**
 * Reads what `torch.save` writes since PyTorch 1.6: a zip file with `data.pkl` and one part for
 * each storage, none of them compressed. The storages are found and not read.
 */
export async function readZip(path: string): Promise<TorchFile> {
  const parts = await listParts(path)
  const pickle = [...parts.keys()].find((name) => /^(?:[^/]+\/)?data\.pkl$/.test(name))
  if (pickle === undefined) throw broken(path, 'it is a zip file without data.pkl')
  const folder = pickle.slice(0, -'data.pkl'.length)
  if (parts.has(`${folder}constants.pkl`)) {
    throw new DataError(
      path,
      'it is a TorchScript module, whose code is not read',
      'save model.state_dict() with torch.save',
    )
  }
  const order = parts.get(`${folder}byteorder`)
  if (order && (await readPart(path, order, 16)).toString() !== 'little') {
    throw new DataError(path, 'its numbers are big-endian', 'save it on a little-endian machine')
  }

  const met = noEncounters()
  const bytes = await readPart(path, parts.get(pickle)!, MAX_PICKLE_BYTES)
  const { value: root } = readTorchPickle(path, bytes, met)
  const prefix = `${folder}data/`
  const storages = [...parts].flatMap(([name, part]) =>
    name.startsWith(prefix) ? [[name.slice(prefix.length), part] as const] : [],
  )
  return { root, storages: new Map(storages), refused: met.refused }
}

/** Where the parts of a zip file lie in it. */
async function listParts(path: string): Promise<Map<string, Part>> {
  return withFile(path, '.pth', async (file) => {
    const { size } = await file.stat()
    try {
      const reader = new BoundedReader(file.fd, size)
      const zip = await yauzl.fromRandomAccessReaderPromise(reader, size, { autoClose: false })
      if (zip.entryCount > MAX_PARTS) throw broken(path, `it has ${zip.entryCount} parts`)
      const parts = new Map<string, Part>()
      for await (const entry of zip.eachEntry()) {
        parts.set(entry.fileName, await findPart(path, zip, entry))
      }
      return parts
    } catch (error) {
      if (error instanceof DataError) throw error
      const reason = error instanceof Error ? error.message : String(error)
      throw new DataError(path, `not a whole zip file (${reason})`, 'copy or save it again')
    }
  })
}

async function findPart(path: string, zip: yauzl.ZipFile, entry: yauzl.Entry): Promise<Part> {
  const { fileName, compressionMethod, compressedSize: bytes } = entry
  if (compressionMethod !== STORED || entry.isEncrypted()) {
    throw new DataError(
      path,
      `its part ${fileName} is compressed`,
      'give the file as torch.save wrote it, or save it again',
    )
  }
  const { fileDataStart: start } = await zip.readLocalFileHeaderPromise(entry, { minimal: true })
  if (start + bytes > zip.fileSize) throw broken(path, `${fileName} reaches past its end`)
  return { start, bytes }
}

/**
 * Reads a file as yauzl's own reader does, which fails outside of its callback where an offset is
 * absurd.
 */
class BoundedReader extends yauzl.RandomAccessReader {
  private readonly fd: number
  private readonly size: number

  constructor(fd: number, size: number) {
    super()
    this.fd = fd
    this.size = size
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    const isInside = position >= 0 && position + length <= this.size
    if (isInside) read(this.fd, buffer, offset, length, position, callback)
    else setImmediate(() => callback(new Error(`it refers to byte ${position}`)))
  }
}

async function readPart(path: string, { start, bytes }: Part, most: number): Promise<Buffer> {
  if (bytes > most) throw broken(path, `a part that should be small has ${bytes} bytes`)
  const buffer = Buffer.alloc(bytes)
  await withFile(path, '.pth', (file) => readBytes(path, file, buffer, start))
  return buffer
}
