/** Where the columns of large annotation files are kept between runs. */
import { createHash } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { makeFolder } from '../files/make_folder.js'

/** Smaller files are read in less than a second. */
export const MIN_CACHED_BYTES = 20e6

/**
 * The file for the columns of an annotation file; its folder is made, if that can be.
 *
 * @param cache a folder, or false for none. @default the user's cache folder
 * @returns undefined where none is to be used.
 */
export async function columnsPath(
  annFile: string,
  bytes: number,
  cache: string | false = userCacheFolder(),
): Promise<string | undefined> {
  if (cache === false || bytes < MIN_CACHED_BYTES) return undefined
  // What cannot be written there is reported when it is tried
  await makeFolder(cache).catch(() => {})
  const name = createHash('sha256')
    .update(await realpath(annFile))
    .digest('hex')
    .slice(0, 32)
  return join(cache, `${name}.columns`)
}

/** `vanilladet/annotations` where the system keeps caches of a user. */
export function userCacheFolder(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  return join(cacheFolder(env, platform), 'vanilladet', 'annotations')
}

function cacheFolder(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  if (env.XDG_CACHE_HOME) return env.XDG_CACHE_HOME
  if (platform === 'win32') return env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local')
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches')
  return join(homedir(), '.cache')
}
