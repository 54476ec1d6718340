import { DataError, TrainingError } from '../errors.js'

/** An error in words, from the path it is about and the system's code, such as `ENOSPC`. */
export type FileSentence = (path: string, code: string) => Error

/** The sentence for a file that a command, or a function, is asked to write. */
export function cannotWrite(path: string, code: string): DataError {
  return new DataError(path, `cannot be written (${code})`, 'give another path')
}

/** The sentence for a file of a run that trains. */
export function cannotWriteRun(path: string, code: string): TrainingError {
  return new TrainingError(
    `${path} could not be written (${code})`,
    'make room in the work dir and go on with --resume, from the checkpoint before',
  )
}

/**
 * Does what works on files: an error of the file system becomes a sentence about `path`, any other
 * stays as it is.
 */
export async function orFileError<Result>(
  path: string,
  sentence: FileSentence,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw inWords(path, sentence, error)
  }
}

/** `orFileError` of what is done at once. */
export function orFileErrorSync<Result>(
  path: string,
  sentence: FileSentence,
  work: () => Result,
): Result {
  try {
    return work()
  } catch (error) {
    throw inWords(path, sentence, error)
  }
}

function inWords(path: string, sentence: FileSentence, error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException
  return syscall === undefined ? error : sentence(path, String(code))
}
