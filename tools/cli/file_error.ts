import { DataError } from '../../errors.js'

/** The sentence for a file that a command needs and that nobody named to it. */
export function notRead(path: string, code: string): DataError {
  return new DataError(path, `cannot be read (${code})`, 'see that it may be read')
}

/** The sentence for a file or folder that a command writes and that nobody named to it. */
export function notWritten(path: string, code: string): DataError {
  const fix = 'see that it may be written, and has the room'
  return new DataError(path, `cannot be written (${code})`, fix)
}
