import { existsSync } from 'node:fs'
import { readImageFolder } from '../datasets/classification/image_folder.js'
import { COCO_CLASSES } from '../datasets/coco_classes.js'
import { readClasses } from '../datasets/read_classes.js'
import type { Config } from '../registry.js'
import { isCoco } from './load_data.js'

/** A class as people and result files know it; its label is its place in a list of them. */
export interface ClassName {
  /** `category_id` in result files. */
  id: number
  name: string
}

/**
 * What the classes of a model are called, by label.
 *
 * The names are those of its checkpoint, else those of `data.val.annFile` where that file is there,
 * else COCO's if there are 80 classes, else `class 0`, `class 1`, ... The ids are those of the
 * annotation file or of COCO, by name; without either an id is a label. A classifier's names are
 * those of its checkpoint, else of the folders in `data.val.folder`; its ids are labels.
 *
 * @param saved names that the checkpoint holds.
 */
export async function classNames(config: Config, saved?: readonly string[]): Promise<ClassName[]> {
  const known = await knownClassNames(config, saved)
  if (known) return known
  return Array.from({ length: config.model.numClasses }, (_, id) => ({ id, name: `class ${id}` }))
}

/** As `classNames`; undefined where nothing names the classes. */
export async function knownClassNames(
  config: Config,
  saved?: readonly string[],
): Promise<ClassName[] | undefined> {
  const { numClasses } = config.model
  const names = saved?.length === numClasses ? saved : undefined
  const numbered = (list: readonly string[]) => list.map((name, id) => ({ id, name }))
  if (config.model.type === 'Classifier') {
    const found = names ?? (await folderNames(config))
    return found.length === numClasses ? numbered(found) : undefined
  }
  const coco = COCO_CLASSES.map(([id, name]) => ({ id, name }))
  const known = (list: readonly ClassName[]) => {
    if (!names) return list.length === numClasses ? [...list] : undefined
    const idOf = new Map(list.map(({ id, name }) => [name, id]))
    if (!names.every((name) => idOf.has(name))) return undefined
    return names.map((name) => ({ id: idOf.get(name)!, name }))
  }
  const isCoco = names && known(coco)
  if (isCoco) return isCoco // without reading a file that may be large
  return known(await annotatedClasses(config)) ?? known(coco) ?? (names && numbered(names))
}

/** The class folders of the config's data; none where they are not here. */
async function folderNames({ data }: Config): Promise<readonly string[]> {
  if (data?.type !== 'ImageFolder' || !existsSync(data.val.folder)) return []
  return (await readImageFolder(data.val.folder)).classes
}

/** The categories of the config's annotations; none where it has no such file here. */
async function annotatedClasses({ data }: Config): Promise<ClassName[]> {
  if (data === undefined || !isCoco(data)) return []
  return existsSync(data.val.annFile) ? readClasses(data.val.annFile) : []
}
