import { DataError } from '../errors.js'
import { Opaque } from './pickle_values.js'
import { TensorView, type TorchValue } from './torch_pickle.js'

type Dict = Map<TorchValue, TorchValue>

/**
 * Where checkpoints keep their weights, the best first: running averages before the weights as trained.
 *
 * Source: `model_ema`, `model`, `module` of the official VanillaNet; `state_dict` of mmdetection and timm.
 */
const CONTAINERS = ['model_ema', 'state_dict_ema', 'model', 'state_dict', 'module']

/** At most this many keys are told. */
const SHOWN = 8

/**
 * The dictionary of weights in a checkpoint: the first of `CONTAINERS` that is a dictionary, or the object
 * itself.
 *
 * @param key the one to take instead.
 * @returns its entries by name, and under which keys it was found.
 */
export function findWeights(
  path: string,
  root: TorchValue,
  key?: string,
): { entries: Map<string, TorchValue>; key: string | undefined } {
  let dict = asDict(path, root)
  const keys: string[] = []
  const seen = new Set([dict])
  for (let wanted = key; ; wanted = undefined) {
    const next = wanted ?? CONTAINERS.find((name) => dict.get(name) instanceof Map)
    if (next === undefined) break
    if (!dict.has(next)) {
      throw new DataError(path, `has no key ${next}`, `use one of ${keysOf(dict)}`)
    }
    dict = asDict(path, dict.get(next)!)
    if (seen.has(dict)) throw new DataError(path, `its ${next} contains itself`, 'save it again')
    seen.add(dict)
    keys.push(next)
  }
  const entries = [...dict].filter((entry): entry is [string, TorchValue] => isName(entry[0]))
  if (!entries.some(([, value]) => value instanceof TensorView)) {
    const where = keys.length > 0 ? `its ${keys.join('.')}` : 'it'
    const what = `${where} holds no weights, but ${keysOf(dict)}`
    throw new DataError(path, what, 'name the key that holds them with --key')
  }
  return { entries: new Map(entries), key: keys.length > 0 ? keys.join('.') : undefined }
}

function asDict(path: string, value: TorchValue): Dict {
  if (value instanceof Map) return value
  if (value instanceof Opaque) {
    const what = `it holds a whole object of ${value.of}, which is not built from a file`
    throw new DataError(path, what, 'save its state_dict() instead')
  }
  throw new DataError(path, 'it holds no dictionary of weights', 'save a state_dict()')
}

function isName(key: TorchValue): key is string {
  return typeof key === 'string'
}

function keysOf(dict: Dict): string {
  const names = [...dict.keys()].filter(isName)
  if (names.length === 0) return 'nothing by name'
  return names.slice(0, SHOWN).join(', ') + (names.length > SHOWN ? ', ...' : '')
}
