import { DataError } from '../../errors.js'
import { sizeOf } from '../../host_tensor.js'
import { type PickleHooks, readPickle } from '../../pickle/pickle.js'
import { Global, Opaque, type PickleValue } from '../../pickle/pickle_values.js'
import type { StoredDType } from '../decode_tensor.js'

/** An array of numbers beside the pickle; several tensors may be views of one. */
export class Storage {
  readonly key: string
  /** Type of its numbers; undefined for those that are not read, such as complex ones. */
  readonly dtype: StoredDType | undefined
  /** Numbers before it in the array that `key` names, in legacy files. */
  readonly start: number
  /** How many numbers it has. */
  readonly count: number

  constructor(key: string, dtype: StoredDType | undefined, start: number, count: number) {
    this.key = key
    this.dtype = dtype
    this.start = start
    this.count = count
  }
}

/** A view of a storage: value `[i, j]` is number `offset + i * strides[0] + j * strides[1]`. */
export class TensorView {
  readonly storage: Storage
  readonly offset: number
  readonly shape: readonly number[]
  readonly strides: readonly number[]

  constructor(
    storage: Storage,
    offset: number,
    shape: readonly number[],
    strides: readonly number[],
  ) {
    this.storage = storage
    this.offset = offset
    this.shape = shape
    this.strides = strides
  }
}

export type TorchValue = PickleValue<Storage | TensorView>

/** Classes of storages that are read. */
const STORAGE_DTYPES: Readonly<Record<string, StoredDType>> = {
  DoubleStorage: 'F64',
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
}

/** PyTorch has no tensor of more axes. */
const MAX_AXES = 64

/** A tensor may repeat the numbers of its storage by strides of 0, up to this many values. */
const MAX_REPEATED = 2 ** 24

/** What is met while reading pickles. */
export interface Encounters {
  /** Names of globals that stand-ins took the place of. */
  readonly refused: Set<string>
  readonly storages: Map<string, Storage>
  /**
   * Pairs that dictionaries were made of in one go. A list of them may be named again and again.
   */
  pairs: number
}

/** More such pairs are not believed. */
const MAX_PAIRS = 1_000_000

export function noEncounters(): Encounters {
  return { refused: new Set(), storages: new Map(), pairs: 0 }
}

/**
 * Reads a pickle that PyTorch made. Of all it asks to be called, only what builds tensors and
 * dictionaries is known, and done here; everything else becomes a stand-in.
 *
 * @param met is added to.
 */
export function readTorchPickle(
  path: string,
  bytes: Uint8Array,
  met: Encounters,
  start = 0,
): { value: TorchValue; end: number } {
  const hooks: PickleHooks<Storage | TensorView> = {
    persistent(id) {
      const storage = storageOf(path, id)
      met.storages.set(storage.key, storage)
      return storage
    },
    reduce(callable, args) {
      const build = Object.hasOwn(BUILDERS, callable.path) ? BUILDERS[callable.path] : undefined
      if (build) return build(path, args, met)
      met.refused.add(callable.path)
      return new Opaque(callable.path)
    },
  }
  return readPickle(path, bytes, hooks, start)
}

type Builder = (path: string, args: readonly TorchValue[], met: Encounters) => TorchValue

/** All that a pickle can have done. */
const BUILDERS: Readonly<Record<string, Builder>> = {
  'collections.OrderedDict': dictOf,
  'collections.defaultdict': () => new Map(),
  'torch._utils._rebuild_tensor': tensorOf,
  'torch._utils._rebuild_tensor_v2': tensorOf,
  'torch._utils._rebuild_parameter': (_, [tensor]) => tensor ?? null,
  'torch._utils._rebuild_parameter_with_state': (_, [tensor]) => tensor ?? null,
  'torch._tensor._rebuild_from_type_v2': subclassOf,
  'torch.Size': (_, [sides]) => sides ?? [],
}

/** `OrderedDict()`, or `OrderedDict([[key, value], ...])` of old pickles. */
function dictOf(path: string, [items = []]: readonly TorchValue[], met: Encounters): TorchValue {
  if (!Array.isArray(items)) throw broken(path, 'a dict is made of something else than pairs')
  met.pairs += items.length
  if (met.pairs > MAX_PAIRS) throw broken(path, `its dicts are made of over ${MAX_PAIRS} pairs`)
  const dict = new Map<TorchValue, TorchValue>()
  for (const item of items) {
    if (!Array.isArray(item) || item.length !== 2) {
      throw broken(path, 'a dict is made of something else than pairs')
    }
    dict.set(item[0], item[1])
  }
  return dict
}

/** A subclass of Tensor is read as the tensor in it. */
function subclassOf(path: string, [build, , args]: readonly TorchValue[]): TorchValue {
  const isTensor = build instanceof Global && build.path === 'torch._utils._rebuild_tensor_v2'
  if (isTensor && Array.isArray(args)) return tensorOf(path, args)
  return new Opaque('torch._tensor._rebuild_from_type_v2')
}

/**
 * `('storage', class, key, device, count)`; in legacy files with a view of another storage behind.
 */
function storageOf(path: string, id: TorchValue): Storage {
  if (!Array.isArray(id) || id[0] !== 'storage') throw broken(path, 'a persistent id is no storage')
  const [, type, key, , count, view] = id
  if (!(type instanceof Global) || typeof key !== 'string' || !isCount(count)) {
    throw broken(path, 'a storage has no class, key or size')
  }
  const dtype = Object.hasOwn(STORAGE_DTYPES, type.name) ? STORAGE_DTYPES[type.name] : undefined
  if (!Array.isArray(view)) return new Storage(key, dtype, 0, count)
  const [, start, viewed] = view
  if (!isCount(start) || !isCount(viewed) || start + viewed > count) {
    throw broken(path, `storage ${key} has a view outside itself`)
  }
  return new Storage(key, dtype, start, viewed)
}

function tensorOf(path: string, [storage, offset, shape, strides]: readonly TorchValue[]) {
  if (!(storage instanceof Storage)) throw broken(path, 'a tensor has no storage')
  if (!isCount(offset) || !isCounts(shape) || !isCounts(strides)) {
    throw broken(path, `a tensor of storage ${storage.key} has no offset, shape or strides`)
  }
  if (shape.length !== strides.length) {
    throw broken(path, `a tensor has ${shape.length} axes and ${strides.length} strides`)
  }
  const size = sizeOf(shape) // NaN for 0 times infinity
  if (!(size <= Math.max(storage.count, MAX_REPEATED))) {
    const text = `a tensor of shape [${shape.join(', ')}]`
    throw broken(path, `${text} has a storage of ${storage.count} values only`)
  }
  const last = shape.reduce((sum, side, axis) => sum + (side - 1) * strides[axis], offset)
  if (size > 0 && !(last < storage.count)) {
    const text = `a tensor reaches value ${last} of storage ${storage.key}`
    throw broken(path, `${text}, which has ${storage.count}`)
  }
  // Copies, since the pickle may still append to its lists.
  return new TensorView(storage, offset, [...shape], [...strides])
}

function isCount(value: TorchValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isCounts(value: TorchValue | undefined): value is number[] {
  return Array.isArray(value) && value.length <= MAX_AXES && value.every(isCount)
}

/** Error for what no PyTorch would have written. */
export function broken(path: string, what: string): DataError {
  return new DataError(path, `not a sound PyTorch checkpoint: ${what}`, 'copy or save it again')
}
