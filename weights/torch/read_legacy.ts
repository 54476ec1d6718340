import { DataError } from '../../errors.js'
import { readBytes, withFile } from '../../files/file_bytes.js'
import { STORED_DTYPES } from '../decode_tensor.js'
import { MAX_PICKLE_BYTES, type TorchFile } from './torch_file.js'
import { broken, noEncounters, readTorchPickle, type TorchValue } from './torch_pickle.js'

const MAGIC = 0x1950a86a20f9469cfc6cn
const PROTOCOL = 1001

/** Bytes of the count that stands before the numbers of each storage. */
const COUNT_BYTES = 8

/**
 * Reads what `torch.save` wrote before PyTorch 1.6: five pickles (a magic number, the protocol,
 * facts of the machine, the object, keys of storages), then the storages in the order of the keys,
 * each behind its size.
 */
export async function readLegacy(path: string): Promise<TorchFile> {
  return withFile(path, '.pth', async (file) => {
    const { size } = await file.stat()
    const head = new Uint8Array(Math.min(size, MAX_PICKLE_BYTES))
    await readBytes(path, file, head, 0)
    const met = noEncounters()
    let position = 0
    const next = (): TorchValue => {
      const { value, end } = readTorchPickle(path, head, met, position)
      position = end
      return value
    }

    if (next() !== MAGIC || next() !== PROTOCOL) throw broken(path, 'it has no magic number')
    const machine = next()
    if (machine instanceof Map && machine.get('little_endian') === false) {
      throw new DataError(path, 'its numbers are big-endian', 'save it on a little-endian machine')
    }
    const root = next()
    const keys = next()
    if (!Array.isArray(keys)) throw broken(path, 'it has no list of storages')

    const storages = new Map<string, { start: number; bytes: number }>()
    const count = new BigInt64Array(1)
    for (const key of keys) {
      const storage = met.storages.get(key as string)
      if (!storage?.dtype) throw broken(path, `storage ${String(key)} has no known type`)
      await readBytes(path, file, new Uint8Array(count.buffer), position)
      const bytes = Number(count[0]) * STORED_DTYPES[storage.dtype].bytes
      const start = position + COUNT_BYTES
      if (bytes < 0 || start + bytes > size) throw broken(path, `storage ${key} is cut short`)
      storages.set(storage.key, { start, bytes })
      position = start + bytes
    }
    return { root, storages, refused: met.refused }
  })
}
