import { DataError } from '../errors.js'
import { readBytes, withFile } from '../files/file_bytes.js'
import { sizeOf } from '../host_tensor.js'
import { Opaque } from '../pickle/pickle_values.js'
import { STORED_DTYPES, type StoredTensor } from './decode_tensor.js'
import { listSafetensors } from './safetensors.js'
import { findWeights, type WeightsChoice } from './torch/find_weights.js'
import { readLegacy } from './torch/read_legacy.js'
import { readView } from './torch/read_view.js'
import { readZip } from './torch/read_zip.js'
import type { TorchFile } from './torch/torch_file.js'
import { broken, TensorView, type TorchValue } from './torch/torch_pickle.js'

/** The weights of a file, by the names they have in it. */
export interface WeightsFile {
  path: string
  format: 'safetensors' | 'PyTorch' | 'PyTorch before 1.6'
  /**
   * Where in the file they were, as in `model_ema`; undefined where the file holds nothing else.
   */
  key: string | undefined
  /** What wrappers had put before every name, as in `module.model.`, and was cut off. */
  prefix?: string
  /** Their numbers are read from the file when they are asked for. */
  tensors: Record<string, StoredTensor>
  /** Entries beside them that are no tensors, or none that can be read, and what they are. */
  others: { name: string; what: string }[]
  /** Globals of a pickle that were not called. */
  refused: string[]
  /** Texts of a safetensors file. */
  metadata: Record<string, string>
  /** The whole object of a PyTorch file. */
  root?: TorchValue
}

/** Tensors with more values than this for each byte of the file repeat numbers, or lie. */
const MAX_VALUES_PER_BYTE = 64

/**
 * Prefixes that wrappers of whole models put before every name: DataParallel's and
 * `torch.compile`'s.
 */
const WRAPPERS = /^(?:module\.|_orig_mod\.)+/

/** What `AveragedModel`, a wrapper too, keeps beside the weights. */
const AVERAGE_COUNT = 'n_averaged'

/**
 * Lists the weights of a `.pth` file of PyTorch's or a `.safetensors` file; its first bytes show
 * which. Nothing that a pickle asks for is called.
 *
 * @throws DataError for a file that cannot be understood, before any numbers are read.
 */
export async function readWeightsFile(
  path: string,
  choice: WeightsChoice = {},
): Promise<WeightsFile> {
  const format = await formatOf(path)
  if (format === 'safetensors') return readOwn(path, choice.key)
  const file = format === 'PyTorch' ? await readZip(path) : await readLegacy(path)
  const { root } = file
  const { entries, key } = findWeights(path, root, choice)
  const { named, prefix } = unwrapped(entries)
  const { tensors, others } = await locate(path, file, named)
  const refused = [...file.refused]
  return { path, format, key, prefix, tensors, others, refused, metadata: {}, root }
}

/**
 * A length followed by JSON, a zip file, or a pickle of protocol 2 or more. The length may look
 * like either.
 */
async function formatOf(path: string): Promise<WeightsFile['format']> {
  const start = await withFile(path, '.pth', async (file) => {
    const { size } = await file.stat()
    const start = new Uint8Array(Math.min(size, 9))
    await readBytes(path, file, start, 0)
    return start
  })
  if (start[8] === 0x7b) return 'safetensors'
  if (start[0] === 0x50 && start[1] === 0x4b) return 'PyTorch'
  if (start[0] === 0x80 && start[1] >= 2 && start[1] <= 5) return 'PyTorch before 1.6'
  if (path.endsWith('.safetensors')) return 'safetensors'
  throw new DataError(
    path,
    'it is neither a PyTorch checkpoint nor a safetensors file',
    'give a file of torch.save or safetensors',
  )
}

async function readOwn(path: string, key: string | undefined): Promise<WeightsFile> {
  if (key !== undefined) {
    throw new DataError(path, 'a safetensors file has no keys', 'leave out --key')
  }
  const { tensors, metadata } = await listSafetensors(path)
  const { named, prefix } = unwrapped(new Map(Object.entries(tensors)))
  const nothing = { key: undefined, others: [], refused: [] }
  const found = { prefix, tensors: Object.fromEntries(named), metadata }
  return { path, format: 'safetensors', ...found, ...nothing }
}

/** Entries without the prefix that all names share, if a wrapper added it to them. */
function unwrapped<Value>(entries: ReadonlyMap<string, Value>): {
  named: Map<string, Value>
  prefix: string | undefined
} {
  const names = [...entries.keys()].filter((name) => name !== AVERAGE_COUNT)
  const prefix = WRAPPERS.exec(names[0] ?? '')?.[0]
  const isShared = prefix !== undefined && names.every((name) => name.startsWith(prefix))
  if (!isShared) return { named: new Map(entries), prefix: undefined }
  const short = (name: string) => (name === AVERAGE_COUNT ? name : name.slice(prefix.length))
  return { named: new Map([...entries].map(([name, value]) => [short(name), value])), prefix }
}

/** Finds the numbers of each tensor, and checks that they are there. */
async function locate(
  path: string,
  { storages }: TorchFile,
  entries: ReadonlyMap<string, TorchValue>,
): Promise<Pick<WeightsFile, 'tensors' | 'others'>> {
  const fileBytes = await withFile(path, '.pth', async (file) => (await file.stat()).size)
  const tensors: [string, StoredTensor][] = []
  const others: WeightsFile['others'] = []
  let values = 0
  for (const [name, value] of entries) {
    const dtype = value instanceof TensorView ? value.storage.dtype : undefined
    if (!(value instanceof TensorView) || !dtype) {
      others.push({ name, what: describe(value) })
      continue
    }
    const { key, start, count } = value.storage
    const found = storages.get(key)
    if (!found) throw broken(path, `storage ${key} of ${name} is missing`)
    const needed = (start + count) * STORED_DTYPES[dtype].bytes
    if (found.bytes < needed) {
      throw broken(path, `storage ${key} of ${name} has ${found.bytes} bytes instead of ${needed}`)
    }
    const { shape } = value
    values += sizeOf(shape)
    const read = () => readView(path, name, value, dtype, found.start)
    tensors.push([name, { dtype: STORED_DTYPES[dtype].host, shape, read }])
  }
  if (!(values <= MAX_VALUES_PER_BYTE * fileBytes)) {
    throw broken(path, `its tensors have ${values} values, in a file of ${fileBytes} bytes`)
  }
  return { tensors: Object.fromEntries(tensors), others }
}

function describe(value: TorchValue): string {
  if (value instanceof TensorView) return 'a tensor of a type that is not read'
  if (value instanceof Opaque) return `an object of ${value.of}`
  if (value instanceof Map) return 'a dictionary'
  return Array.isArray(value) ? 'a list' : value === null ? 'None' : `a ${typeof value}`
}
