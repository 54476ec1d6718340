import { readFile } from 'node:fs/promises'
import {
  type CudaDocument,
  type CudaMachine,
  type CudaSettings,
  isFailure,
  type Outcome,
  type PartName,
} from '../../benchmark/cuda_document.js'
import { DataError } from '../../errors.js'
import { replaceContent } from '../../files/replace_file.js'

/** Lists of rows, and in which of them each kind of part has its own. */
export const LISTS = ['parity', 'training', 'inference'] as const
export const LIST_OF = { parity: 'parity', train: 'training', inference: 'inference' } as const

/**
 * Without rows, or with those of an earlier file that are no failures.
 *
 * @param earlierFile whose rows are taken over.
 */
export async function firstDocument(
  machine: CudaMachine,
  options: CudaSettings,
  earlierFile: string | undefined,
): Promise<CudaDocument> {
  const empty = { machine, options, parity: [], training: [], inference: [], missing: [] }
  if (earlierFile === undefined) return empty
  const earlier = await readDocument(earlierFile)
  if (JSON.stringify(earlier.options) !== JSON.stringify(options)) {
    throw new DataError(earlierFile, 'was measured otherwise', 'leave --continue out')
  }
  return {
    ...empty,
    machine: { ...earlier.machine, ...machine },
    parity: measuredOf(earlier.parity),
    training: measuredOf(earlier.training),
    inference: measuredOf(earlier.inference),
  }
}

function measuredOf<Row extends Outcome<PartName>>(rows: readonly Row[]): Row[] {
  return rows.filter((row) => !isFailure(row))
}

async function readDocument(file: string): Promise<CudaDocument> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as CudaDocument
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const what = code === undefined ? 'holds no JSON' : `cannot be read (${code})`
    throw new DataError(file, what, 'give a file that this command wrote')
  }
}

/** Another file takes the place of the one before, so that there is always a whole one. */
export function saveDocument(file: string, document: CudaDocument): Promise<void> {
  return replaceContent(file, `${JSON.stringify(document, null, 1)}\n`)
}
