import { readFileSync } from 'node:fs'
import { extname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The copy of the library that runs. */
export interface RunningCopy {
  /** Folder of its package.json. */
  root: string
  /** Folder of its modules: that folder for sources, `dist` in it for what was built. */
  modules: string
  /** Extension of its modules, `.ts` or `.js`. */
  extension: string
  /** What package.json exports: `./backbones` to `./dist/backbones/index.js`. */
  doors: Readonly<Record<string, string>>
}

/**
 * Code of errors whose message is a whole sentence, thrown where modules are loaded, which is
 * another thread.
 */
export const REFUSED = 'VANILLADET_REFUSED'

/** The copy of the library that this module is part of. */
export function runningCopy(): RunningCopy {
  const own = fileURLToPath(import.meta.url)
  const extension = extname(own)
  const modules = resolve(own, '..', '..')
  const root = extension === '.ts' ? modules : resolve(modules, '..')
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const doors = Object.entries<string | { default: string }>(exports).flatMap(([door, target]) =>
    typeof target === 'string' || door.includes('*') ? [] : [[door, target.default]],
  )
  return { root, modules, extension, doors: Object.fromEntries(doors) }
}

/** A path as a user would name it: relative where it lies in the working directory. */
export function shownPath(path: string): string {
  const short = relative(process.cwd(), path)
  return short.startsWith('..') ? path : short
}
