import { existsSync } from 'node:fs'
import { register } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { DataError } from '../errors.js'
import { REFUSED, type RunningCopy, runningCopy, shownPath } from './running_copy.js'

/** Configs that come with the library, as `vanilladet/configs/retinanet_vanilla13`. */
const PACKAGED = /^vanilladet\/configs\/([\w/]+)$/

/**
 * The default export of a config.
 *
 * @param path a module in TypeScript or JavaScript, or a JSON file, relative to the working
 *   directory, or `vanilladet/configs/NAME`.
 */
export async function importConfig(path: string): Promise<unknown> {
  const file = fileOf(path)
  if (!existsSync(file)) {
    throw new DataError(path, 'there is no such config', 'give the path of a file in configs/')
  }
  registerHooks()
  let module: { default?: unknown }
  try {
    module = await import(pathToFileURL(file).href)
  } catch (error) {
    throw importError(path, error)
  }
  if (module.default === undefined) {
    throw new DataError(
      path,
      'the config has no default export',
      'write export default defineConfig({ ... })',
    )
  }
  return module.default
}

function fileOf(path: string): string {
  const packaged = path.match(PACKAGED)?.[1]
  if (packaged === undefined) return resolve(path)
  const { modules, extension } = runningCopy()
  return join(modules, 'configs', packaged + extension)
}

let areRegistered = false

/** Lets Node load configs, and makes them use this copy of the library, from now on. */
function registerHooks(): void {
  if (areRegistered) return
  areRegistered = true
  const copy = runningCopy()
  process.setSourceMapsEnabled(true)
  const hooks = new URL(`./module_hooks${copy.extension}`, import.meta.url)
  register<RunningCopy>(hooks.href, { parentURL: import.meta.url, data: copy })
}

/** What the import of a config failed with, in words; with DEBUG its stack is the original one. */
function importError(path: string, error: unknown): Error {
  if (!(error instanceof Error)) return cannotImport(path, String(error))
  const { code } = error as NodeJS.ErrnoException
  // Whole sentences: of the hooks, and of the library, of which a second copy has error classes of
  // its own.
  const isSentence = code === REFUSED || ['ConfigError', 'DataError'].includes(error.name)
  const place = placeOf(error) ?? path
  const wrapped = cannotImport(place, error.message.split('\n')[0])
  if (isSentence) wrapped.message = error.message
  wrapped.stack = error.stack
  return wrapped
}

function cannotImport(where: string, reason: string): DataError {
  return new DataError(where, `the config cannot be imported (${reason})`, 'correct the file')
}

/**
 * `my.ts:6:18`: the place in a module, as it was evaluated, that an error came from; undefined
 * where its stack names none.
 */
function placeOf({ stack = '' }: Error): string | undefined {
  const [evaluated] = stack.split('(node:internal/modules/')
  const places = evaluated.matchAll(/(?:file:\/\/)?(\/[^\s()]+?\.[cm]?[jt]sx?)((?::\d+){1,2})/g)
  const [, file, position] = [...places].at(-1) ?? []
  return file && shownPath(decodeURI(file)) + position
}
