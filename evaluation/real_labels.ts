import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { DataError } from '../errors.js'

/** Names of ImageNet's validation pictures; the number is the place in the labels file, from 1. */
const NAME = /^ILSVRC2012_val_(\d{8})\.\w+$/

/**
 * Reads re-assessed ImageNet labels: a JSON list with, for each validation picture, the list of
 * labels that are right, which may be empty.
 *
 * Source: Are we done with ImageNet?, arXiv:2006.07159, whose `real.json` this is.
 *
 * @param files of the pictures that are evaluated.
 * @returns the labels of each of them.
 */
export async function readRealLabels(path: string, files: readonly string[]): Promise<number[][]> {
  const lists = await parseLists(path)
  return files.map((file) => {
    const number = NAME.exec(basename(file))?.[1]
    if (number === undefined) {
      throw new DataError(
        file,
        `is no validation picture of ImageNet, whose labels ${path} has`,
        'leave out --real',
      )
    }
    const labels = lists[Number(number) - 1]
    if (labels !== undefined) return labels
    const what = `has the labels of ${lists.length} pictures, but not of ${file}`
    throw new DataError(path, what, 'use the real.json of the 50000 validation pictures')
  })
}

async function parseLists(path: string): Promise<number[][]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new DataError(path, `cannot be read (${error.code})`, 'name the real.json of ImageNet')
  })
  let lists: unknown
  try {
    lists = JSON.parse(text)
  } catch {
    throw new DataError(path, 'is not JSON', 'name the real.json of ImageNet')
  }
  if (isLists(lists)) return lists
  throw new DataError(path, 'is not a list of lists of labels', 'name the real.json of ImageNet')
}

function isLists(value: unknown): value is number[][] {
  return (
    Array.isArray(value) &&
    value.every((list) => Array.isArray(list) && list.every(Number.isInteger))
  )
}

/**
 * Share of pictures whose best class is among the right ones; pictures without a right one do not
 * count.
 *
 * @param best best class of each picture.
 * @returns in [0, 1]; -1 where no picture has a right class.
 */
export function realAccuracy(best: readonly number[], real: readonly number[][]): number {
  const judged = best.flatMap((label, i) => (real[i].length > 0 ? [real[i].includes(label)] : []))
  return judged.length === 0 ? -1 : judged.filter(Boolean).length / judged.length
}
