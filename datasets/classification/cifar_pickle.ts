import { DataError } from '../../errors.js'
import { readPickle } from '../../pickle/pickle.js'
import { type Global, Opaque, type PickleValue } from '../../pickle/pickle_values.js'

/** An array of NumPy whose bytes are not known yet. */
class ByteArray {
  bytes: Uint8Array | undefined
}

type Value = PickleValue<ByteArray>

const decoder = new TextDecoder()

/**
 * Reads a file of CIFAR for Python: a dictionary of texts, lists and one array of bytes.
 *
 * @returns its entries by name: byte strings as bytes, arrays as their bytes.
 */
export function readCifarPickle(path: string, content: Uint8Array): Map<string, unknown> {
  const { value } = readPickle<ByteArray>(path, content, {
    persistent: () => new Opaque('persistent'),
    reduce,
    build(target: Value, state: Value) {
      // A NumPy array's state: version, shape, type, order, bytes.
      const bytes = Array.isArray(state) ? state[4] : undefined
      if (target instanceof ByteArray && bytes instanceof Uint8Array) target.bytes = bytes
    },
    byteString: (bytes) => bytes,
  })
  if (!(value instanceof Map)) {
    throw new DataError(path, 'is no dictionary of pictures', 'download the archive again')
  }
  const entries = [...value].map(([key, entry]) => [
    textOf(key) ?? '',
    entry instanceof ByteArray ? entry.bytes : entry,
  ])
  return new Map(entries as [string, unknown][])
}

function reduce(callable: Global, args: readonly Value[]): Value {
  if (callable.name === '_reconstruct') return new ByteArray()
  // How Python 3 writes bytes in the protocol of Python 2.
  const [text] = args
  const isBytes = callable.path === '_codecs.encode' && typeof text === 'string'
  return isBytes ? Buffer.from(text, 'latin1') : new Opaque(callable.path)
}

/** A list of texts; undefined for anything else. */
export function textList(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return undefined
  const texts = value.map(textOf)
  return texts.every((text) => text !== undefined) ? texts : undefined
}

/** Byte strings of Python 2 are texts, too. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return value instanceof Uint8Array ? decoder.decode(value) : undefined
}
