import { DataError } from '../../errors.js'
import { Opaque } from '../../pickle/pickle_values.js'
import { TensorView, type TorchValue } from './torch_pickle.js'

type Dict = Map<TorchValue, TorchValue>

/** Where checkpoints keep running averages of their weights. */
const AVERAGES = ['model_ema', 'state_dict_ema', 'ema_model', 'ema', 'params_ema']

/** Where they keep the weights as trained. */
const TRAINED = ['model', 'state_dict', 'model_state_dict', 'module', 'net', 'params']

/**
 * The best first: running averages before the weights as trained.
 *
 * Source: `model_ema`, `model`, `module` of the official VanillaNet; `state_dict` of mmdetection,
 * Lightning and timm; `state_dict_ema` of timm; `ema.module` of DETR's descendants; `params_ema` of
 * BasicSR.
 */
const CONTAINERS = [...AVERAGES, ...TRAINED]

/** Largest number of keys that are listed. */
const SHOWN = 8

export interface WeightsChoice {
  /** The key of the dictionary to take, instead of the best that is there. */
  key?: string
  /**
   * Only running averages, or only the weights as trained. @default the averages where there are
   * some
   */
  weights?: 'model' | 'ema'
}

/**
 * The dictionary of weights in a checkpoint: the first of `CONTAINERS` that holds some, or the
 * object itself.
 *
 * @returns its entries by name, and under which keys it was found.
 */
export function findWeights(
  path: string,
  root: TorchValue,
  { key, weights }: WeightsChoice = {},
): { entries: Map<string, TorchValue>; key: string | undefined } {
  let dict = asDict(path, root)
  const keys: string[] = []
  const seen = new Set([dict])
  for (let wanted = key; ; wanted = undefined) {
    const next = wanted ?? nextContainer(dict, keys.length === 0 ? weights : undefined)
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

/** True where weights that were found under a key are running averages. */
export function isKeyOfAverages(key: string | undefined): boolean {
  return key !== undefined && AVERAGES.includes(key.split('.')[0])
}

/** A dictionary that only describes, as `ema: { decay: 0.99 }`, is passed over. */
function nextContainer(dict: Dict, weights: WeightsChoice['weights']): string | undefined {
  const names = weights === undefined ? CONTAINERS : weights === 'ema' ? AVERAGES : TRAINED
  const known = names.filter((name) => dict.get(name) instanceof Map)
  const found = known.find((name) => holdsTensors(dict.get(name), new Set([dict])))
  if (found !== undefined) return found
  if (weights !== undefined) return nextContainer(dict, undefined) // the loader asks what it is
  return [...dict.values()].some((value) => value instanceof TensorView) ? undefined : known[0]
}

function holdsTensors(value: TorchValue | undefined, seen: Set<Dict>): boolean {
  if (!(value instanceof Map) || seen.has(value)) return false
  seen.add(value)
  if ([...value.values()].some((entry) => entry instanceof TensorView)) return true
  return CONTAINERS.some((name) => holdsTensors(value.get(name), seen))
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
