/**
 * Hooks for Node's module loader, which run in its thread: configs and the modules of one's own
 * that they import may be TypeScript or JSON, in any folder, and find one copy of the library, the
 * one that runs.
 */
import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { InitializeHook, LoadHook, ResolveHook } from 'node:module'
import { dirname, extname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type BuildFailure, build, type Loader } from 'esbuild'
import { REFUSED, type RunningCopy, shownPath } from './running_copy.js'

const NAME = 'vanilladet'
/** A package that the library carries; its modules are those of a door. */
const CARRIED = 'pycocotools-js'
const CARRIED_DOOR = `${NAME}/pycocotools`

/**
 * Packages that the library and the networks of others speak to each other in. A second copy of
 * TensorFlow.js would register its kernels again, and other versions of zod make other schemas.
 */
const SHARED = /^(@tensorflow\/tfjs(-core|-layers|-converter|-data|-backend-cpu)?|zod)(\/|$)/
/** Version of TensorFlow.js that the library has. */
const TFJS_VERSION = '4.22.0'
const LOADERS: Readonly<Record<string, Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.tsx': 'tsx',
  '.js': 'js',
  '.mjs': 'js',
  '.json': 'json',
}

let running: RunningCopy
/** URL of a module of the running copy. */
let ownURL: string

export const initialize: InitializeHook<RunningCopy> = (copy) => {
  running = copy
  ownURL = pathToFileURL(ownModule('index.js')).href
}

export const resolve: ResolveHook = async (specifier, context, next) => {
  const door = doorOf(specifier)
  if (door !== undefined) return { url: door, shortCircuit: true }
  const resolved = await (SHARED.test(specifier) ? resolveShared : resolveAsTypeScript)(
    specifier,
    context,
    next,
  )
  if (!resolved.url.startsWith('file:')) return resolved
  const path = fileURLToPath(resolved.url)
  const twin = twinOf(path)
  if (twin !== undefined) return { url: pathToFileURL(twin).href, shortCircuit: true }
  refuseOtherCopy(path, context.parentURL)
  return resolved
}

export const load: LoadHook = async (url, context, next) => {
  const path = url.startsWith('file:') ? fileURLToPath(url) : ''
  const loader = LOADERS[extname(path)]
  if (loader === undefined || isInPackages(path)) return next(url, context)
  const { code, isModule } = await compile(path, loader)
  if (!isModule && loader === 'js') return next(url, context)
  return { format: 'module', source: code, shortCircuit: true }
}

/**
 * The module of the running copy that `vanilladet`, `vanilladet/backbones` or `pycocotools-js`
 * names; undefined for other names.
 */
function doorOf(specifier: string): string | undefined {
  if (specifier === CARRIED) return doorOf(CARRIED_DOOR)
  if (specifier !== NAME && !specifier.startsWith(`${NAME}/`)) return undefined
  const door = `.${specifier.slice(NAME.length)}`
  if (door === './package.json') return pathToFileURL(join(running.root, door)).href
  const built = running.doors[door] ?? configDoor(door)
  if (built === undefined) {
    const doors = Object.keys(running.doors).map((known) => join(NAME, known))
    throw refusal(`'${specifier}' is no part of the package; import from ${doors.join(', ')}`)
  }
  return pathToFileURL(ownModule(built.replace(/^\.\/dist\//, ''))).href
}

function configDoor(door: string): string | undefined {
  return /^\.\/configs\/[\w/]+$/.test(door) ? `./dist${door.slice(1)}.js` : undefined
}

/** A module of the running copy by its path as a built one: `backbones/index.js`. */
function ownModule(built: string): string {
  return join(running.modules, built.replace(/\.js$/, running.extension))
}

/** As the library itself resolves it, whoever imports it. */
const resolveShared: ResolveHook = async (specifier, context, next) => {
  const { parentURL } = context // which `next` changes
  try {
    return await next(specifier, { ...context, parentURL: ownURL })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ERR_MODULE_NOT_FOUND' || !parentURL?.startsWith('file:')) throw error
    const importer = shownPath(fileURLToPath(parentURL))
    const fix = `import '@tensorflow/tfjs-core', which comes with ${NAME}, or npm install ${specifier}@${TFJS_VERSION}`
    throw refusal(`${importer}: imports '${specifier}', which is not installed; ${fix}`)
  }
}

/**
 * Resolves as Node does; a file that is not there is looked for under the names that TypeScript
 * would take.
 */
const resolveAsTypeScript: ResolveHook = async (specifier, context, next) => {
  const { parentURL } = context
  try {
    return await next(specifier, context)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'ERR_UNSUPPORTED_DIR_IMPORT'
    if (!isMissing || !parentURL?.startsWith('file:')) throw error
    const importer = shownPath(fileURLToPath(parentURL))
    if (!/^(\.{0,2}\/|file:)/.test(specifier)) {
      const fix = `npm install ${specifier}, or correct the name`
      throw refusal(`${importer}: imports '${specifier}', which is not installed; ${fix}`)
    }
    const path = fileURLToPath(new URL(specifier, parentURL))
    const found = typeScriptNames(path).find((name) => existsSync(name))
    if (found !== undefined) return next(pathToFileURL(found).href, context)
    throw refusal(`${importer}: imports '${specifier}', which is not there; correct the path`)
  }
}

function typeScriptNames(path: string): string[] {
  const asSource = path.replace(/\.(m?)js$/, '.$1ts')
  const added = ['.ts', '.mts', '.js', '.mjs', '/index.ts', '/index.js'].map((end) => path + end)
  return asSource === path ? added : [asSource]
}

/**
 * Module that runs in place of a module of this package that is built where sources run, or of a
 * source where the built ones run.
 */
function twinOf(path: string): string | undefined {
  const { root, modules } = running
  if (!isUnder(path, root) || isInPackages(path)) return undefined
  const other = modules === root ? join(root, 'dist') : root
  if (!isUnder(path, other) || (other === root && isUnder(path, modules))) return undefined
  const module = relative(other, path).replaceAll('\\', '/')
  if (module.startsWith('configs/')) return undefined
  const twin = ownModule(module.replace(/\.[jt]s$/, '.js'))
  return existsSync(twin) ? twin : undefined
}

/** Refuses a module of a package of our name that lies elsewhere. */
function refuseOtherCopy(path: string, parentURL: string | undefined): void {
  const root = packageRoot(dirname(path))
  if (root === undefined || root === running.root) return
  const importer = parentURL?.startsWith('file:') ? shownPath(fileURLToPath(parentURL)) : 'a config'
  throw refusal(
    `${importer}: imports a second copy of ${NAME}, ${root}, beside the one that runs, ${running.root}; import from '${NAME}'`,
  )
}

const roots = new Map<string, string | undefined>()

/** Folder of the nearest package.json, if that is of a package of our name. */
function packageRoot(folder: string): string | undefined {
  if (!roots.has(folder)) roots.set(folder, findPackageRoot(folder))
  return roots.get(folder)
}

function findPackageRoot(folder: string): string | undefined {
  const file = join(folder, 'package.json')
  if (existsSync(file)) {
    const { name } = JSON.parse(readFileSync(file, 'utf8'))
    // A package.json without a name, such as { "type": "module" }, is no package.
    if (name !== undefined) return name === NAME ? folder : undefined
  }
  const parent = dirname(folder)
  return parent === folder ? undefined : packageRoot(parent)
}

/**
 * JavaScript of a module, and whether it imports or exports as modules do; JSON exports what it is.
 */
async function compile(path: string, loader: Loader): Promise<{ code: string; isModule: boolean }> {
  const contents = await readFile(path, 'utf8')
  try {
    const { outputFiles, metafile } = await build({
      stdin: { contents, loader, sourcefile: path },
      target: 'node20',
      format: loader === 'json' ? 'esm' : undefined,
      sourcemap: 'inline',
      sourcesContent: false,
      charset: 'utf8',
      tsconfigRaw: {},
      write: false,
      metafile: true,
      logLevel: 'silent',
    })
    const isModule = Object.values(metafile.inputs).some(({ format }) => format === 'esm')
    return { code: outputFiles[0].text, isModule }
  } catch (error) {
    throw syntaxError(path, error as BuildFailure)
  }
}

/** `my.ts:3:7: Unexpected "}"; correct the file`. */
function syntaxError(path: string, { errors }: BuildFailure): Error {
  const [{ text, location }] = errors
  const at = location ? `:${location.line}:${location.column + 1}` : ''
  return refusal(`${shownPath(path)}${at}: ${text}; correct the file`)
}

function refusal(sentence: string): Error {
  return Object.assign(new Error(sentence), { code: REFUSED })
}

function isUnder(path: string, folder: string): boolean {
  return !relative(folder, path).startsWith('..')
}

function isInPackages(path: string): boolean {
  return /[\\/]node_modules[\\/]/.test(path)
}
