import type { TorchValue } from './torch_pickle.js'

/** What a file of PyTorch's holds, of either layout. */
export interface TorchFile {
  root: TorchValue
  /** Where each storage lies in the file, by key. */
  storages: ReadonlyMap<string, { start: number; bytes: number }>
  /** Globals that the pickle named and stand-ins took the place of. */
  refused: ReadonlySet<string>
}

/** A longer pickle is not believed: the numbers are outside of it. */
export const MAX_PICKLE_BYTES = 64 * 1024 * 1024
