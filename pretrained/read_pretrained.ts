import { DataError } from '../errors.js'
import { METADATA_KEY } from '../weights/checkpoint_metadata.js'
import type { WeightsChoice } from '../weights/torch/find_weights.js'
import type { TorchValue } from '../weights/torch/torch_pickle.js'
import { readWeightsFile, type WeightsFile } from '../weights/weights_file.js'

/** The weights of a file, by the names they have in it, and what its project says of them. */
export interface Pretrained extends Omit<WeightsFile, 'root'> {
  /** Names of the classes, by label, where the file has them. */
  classes: readonly string[] | undefined
}

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
  const { root, ...file } = await readWeightsFile(path, choice)
  if (root === undefined) return { ...file, classes: classesIn(file.metadata[METADATA_KEY]) }
  refuseOldDetectors(path, root)
  return { ...file, classes: classesOf(root) }
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
function classesIn(json: string | undefined): string[] | undefined {
  if (json === undefined) return undefined
  try {
    const { classes } = JSON.parse(json) as { classes?: unknown }
    return isTexts(classes) ? classes : undefined
  } catch {
    return undefined
  }
}
