import { DataError } from '../errors.js'
import { readBytes, withFile } from '../files/file_bytes.js'
import { sizeOf } from '../host_tensor.js'
import { METADATA_KEY } from '../weights/checkpoint_metadata.js'
import { STORED_DTYPES, type StoredTensor } from '../weights/decode_tensor.js'
import { listSafetensors } from '../weights/safetensors.js'
import { Opaque } from '../weights/torch/pickle_values.js'
import { readLegacy } from '../weights/torch/read_legacy.js'
import { readView } from '../weights/torch/read_view.js'
import { readZip } from '../weights/torch/read_zip.js'
import type { TorchFile } from '../weights/torch/torch_file.js'
import { broken, TensorView, type TorchValue } from '../weights/torch/torch_pickle.js'
import { findWeights, type WeightsChoice } from './find_weights.js'

/** A tensor of a weights file, whose numbers are read from it when they are asked for. */
export type PretrainedTensor = StoredTensor

/** The weights of a file, by the names they have in it. */
export interface Pretrained {
  path: string
  format: 'safetensors' | 'PyTorch' | 'PyTorch before 1.6'
  /**
   * Where in the file they were, as in `model_ema`; undefined where the file holds nothing else.
   */
  key: string | undefined
  /** What wrappers had put before every name, as in `module.model.`, and was cut off. */
  prefix?: string
  tensors: Record<string, PretrainedTensor>
  /** Entries beside them that are no tensors, or none that can be read, and what they are. */
  others: { name: string; what: string }[]
  /** Names of the classes, by label, where the file tells them. */
  classes: readonly string[] | undefined
  /** Globals of a pickle that were not called. */
  refused: string[]
  /** Texts of a safetensors file. */
  metadata: Record<string, string>
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
 * Lists the weights of a `.pth` file of PyTorch's or a `.safetensors` file; its first bytes tell
 * which. Nothing that a pickle asks for is called.
 *
 * @throws DataError for a file that cannot be understood, before any numbers are read.
 */
export async function readPretrained(
  path: string,
  choice: WeightsChoice = {},
): Promise<Pretrained> {
  const format = await formatOf(path)
  if (format === 'safetensors') return readOwn(path, choice.key)
  const file = format === 'PyTorch' ? await readZip(path) : await readLegacy(path)
  refuseOldDetectors(path, file.root)
  const { entries, key } = findWeights(path, file.root, choice)
  const { named, prefix } = unwrapped(entries)
  const { tensors, others } = await locate(path, file, named)
  const { classes, refused } = { classes: classesOf(file.root), refused: [...file.refused] }
  return { path, format, key, prefix, tensors, others, classes, refused, metadata: {} }
}

/**
 * A length followed by JSON, a zip file, or a pickle of protocol 2 or more. The length may look
 * like either.
 */
async function formatOf(path: string): Promise<Pretrained['format']> {
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

async function readOwn(path: string, key: string | undefined): Promise<Pretrained> {
  if (key !== undefined) {
    throw new DataError(path, 'a safetensors file has no keys', 'leave out --key')
  }
  const { tensors, metadata } = await listSafetensors(path)
  const classes = METADATA_KEY in metadata ? classesIn(metadata[METADATA_KEY]) : undefined
  const { named, prefix } = unwrapped(new Map(Object.entries(tensors)))
  const nothing = { key: undefined, others: [], refused: [] }
  const found = { prefix, tensors: Object.fromEntries(named), classes, metadata }
  return { path, format: 'safetensors', ...found, ...nothing }
}

/** Without the prefix that all names share, if a wrapper gave it to them. */
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
): Promise<Pick<Pretrained, 'tensors' | 'others'>> {
  const fileBytes = await withFile(path, '.pth', async (file) => (await file.stat()).size)
  const tensors: [string, PretrainedTensor][] = []
  const others: Pretrained['others'] = []
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

/**
 * mmdetection keeps them in `meta`: 2.x as `CLASSES`, 3.x as `dataset_meta.classes`, which its
 * first candidates spelled in capitals.
 */
function classesOf(root: TorchValue): string[] | undefined {
  const meta = entryOf(root, 'meta')
  const ofDataset = entryOf(meta, 'dataset_meta')
  const known = [
    ...[entryOf(ofDataset, 'classes'), entryOf(ofDataset, 'CLASSES')],
    ...[entryOf(meta, 'CLASSES'), entryOf(meta, 'classes')],
  ]
  return known.find(isTexts)
}

function entryOf(value: TorchValue | undefined, key: string): TorchValue | undefined {
  return value instanceof Map ? value.get(key) : undefined
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string')
}

/** What our own checkpoints say. */
function classesIn(json: string): string[] | undefined {
  try {
    const { classes } = JSON.parse(json) as { classes?: unknown }
    return isTexts(classes) ? classes : undefined
  } catch {
    return undefined
  }
}

/**
 * The weights of mmdetection 1.x have the background as class 0, and boxes that are a pixel larger.
 */
function refuseOldDetectors(path: string, root: TorchValue): void {
  const version = entryOf(entryOf(root, 'meta'), 'mmdet_version')
  if (typeof version !== 'string' || !/^[01]\./.test(version)) return
  throw new DataError(
    path,
    `it was made by mmdetection ${version}, whose boxes and classes have another order`,
    'convert it with upgrade_model_version.py of mmdetection 2.x',
  )
}
