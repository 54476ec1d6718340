import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DataError } from '../errors.js'
import { makeFolder } from './make_folder.js'

/** Makes a folder for a run's files, and refuses one that cannot be written. */
export async function prepareWorkDir(workDir: string): Promise<void> {
  const probe = join(workDir, '.writable')
  try {
    await makeFolder(workDir)
    await writeFile(probe, '')
    await rm(probe)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new DataError(
      workDir,
      `the work dir cannot be written (${code})`,
      'give another --work-dir, or change its permissions',
    )
  }
}
