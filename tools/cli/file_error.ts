import { DataError } from '../../errors.js'

const FIXES = {
  read: 'see that it may be read',
  written: 'see that it may be written, and has the room',
}

/**
 * Does what works on files: an error of the file system becomes a sentence about `path`, any other
 * stays as it is.
 */
export async function orFileError<T>(
  path: string,
  what: keyof typeof FIXES,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException
    if (syscall === undefined) throw error
    throw new DataError(path, `cannot be ${what} (${code})`, FIXES[what])
  }
}
