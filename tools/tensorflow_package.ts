import { execFile } from 'node:child_process'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { TENSORFLOW_PACKAGES } from '../engine/tensorflow_backend.js'
import { DeviceError } from '../errors.js'
import type { TensorflowLibrary } from './tensorflow_library.js'

const VERSION = '4.22.0'

/** Node's headers for addons, which are the same for every Node. */
const HEADERS = 'node-api-headers'
const HEADERS_VERSION = '1.9.0'

/** The newest interface of Node that `@tensorflow/tfjs-node` 4.22 knows; it looks for its binding by this number. */
const NODE_API = 8

type PackageName = (typeof TENSORFLOW_PACKAGES)[number]

/**
 * Installs a package in a folder of its own, which takes the place of what was there once all has succeeded.
 *
 * @param bind gives the package its binding: `runInstaller`, or `buildBinding`.
 * @throws DeviceError
 */
export async function installPackage(
  folder: string,
  name: PackageName,
  bind: (packageFolder: string) => Promise<void>,
): Promise<void> {
  const staging = `${resolve(folder)}.new`
  await rm(staging, { recursive: true, force: true })
  try {
    await mkdir(staging, { recursive: true })
    await writeFile(join(staging, 'package.json'), '{ "private": true }\n')
    const wanted = [`${name}@${VERSION}`, `${HEADERS}@${HEADERS_VERSION}`]
    await download(wanted, staging)
    await removeCopies(join(staging, 'node_modules', '@tensorflow'), name)
    await bind(join(staging, 'node_modules', name))
    await rm(folder, { recursive: true, force: true })
    await rename(staging, folder)
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

/**
 * Downloads the TensorFlow of 2022 that the package was made for, and its binding.
 *
 * @throws DeviceError
 */
export async function runInstaller(packageFolder: string): Promise<void> {
  const failure = await npm(['run', 'install'], packageFolder)
  if (failure === undefined) return
  const what = `the installer of @tensorflow/${basename(packageFolder)} failed (${failure.cause})`
  throw new DeviceError('tensorflow', what, 'build it with --from PYTHON, one that has TensorFlow')
}

/** Builds the binding against a TensorFlow, which must stay where it is. */
export async function buildBinding(
  packageFolder: string,
  { folder, headers, libraries }: TensorflowLibrary,
): Promise<void> {
  const out = join(packageFolder, 'lib', `napi-v${NODE_API}`)
  await mkdir(out, { recursive: true })
  const nodeHeaders = join(packageFolder, '..', '..', HEADERS, 'include')
  const compiler = process.env.CXX ?? 'c++'
  const args = [
    ...['-shared', '-fPIC', '-O2', '-std=c++17', '-w', `-DNAPI_VERSION=${NODE_API}`],
    ...['-isystem', nodeHeaders, '-isystem', headers],
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(packageFolder, 'binding', name)),
    ...libraries,
    // By its own path, as TensorFlow finds the libraries of CUDA from the folder that it is loaded from.
    ...['-Xlinker', '-rpath', '-Xlinker', resolve(folder)],
    ...['-o', join(out, 'tfjs_binding.node')],
  ]
  const failure = await failureOf(compiler, args, packageFolder)
  if (failure === undefined) return
  const fix = failure.isMissing
    ? 'install a C++ compiler, such as g++, or name one in CXX'
    : 'try it with TensorFlow 2.21, or with another compiler in CXX'
  throw new DeviceError('tensorflow', `${compiler} failed (${failure.cause})`, fix)
}

async function download(packages: string[], folder: string): Promise<void> {
  const failure = await npm(
    ['install', '--ignore-scripts', '--no-package-lock', ...packages],
    folder,
  )
  if (failure === undefined) return
  const what = `npm install ${packages[0]} failed (${failure.cause})`
  throw new DeviceError('tensorflow', what, 'see that npm reaches its registry')
}

/** Of TensorFlow.js there is one copy, the project's, which is found in the folders above. */
async function removeCopies(scope: string, name: PackageName): Promise<void> {
  for (const entry of await readdir(scope)) {
    if (`@tensorflow/${entry}` !== name) await rm(join(scope, entry), { recursive: true })
  }
}

function npm(args: string[], folder: string): Promise<Failure | undefined> {
  return failureOf('npm', [...args, '--no-audit', '--no-fund'], folder)
}

interface Failure {
  /** One line. */
  cause: string
  isMissing: boolean
}

/** Why a program failed; undefined where it did not. */
async function failureOf(
  program: string,
  args: string[],
  cwd: string,
): Promise<Failure | undefined> {
  const shell = program === 'npm' && process.platform === 'win32' // where it is a script
  try {
    await promisify(execFile)(program, args, { cwd, shell, maxBuffer: 2 ** 26 })
    return undefined
  } catch (error) {
    const { stderr = '', code, signal } = error as Record<'stderr' | 'code' | 'signal', string>
    const said = stderr.match(/^(?:\w*Error: |.*\berror: |npm error (?!code|errno))(.+)$/m)?.[1]
    const ended = signal ? `killed by ${signal}` : `exit ${code}`
    return code === 'ENOENT'
      ? { cause: 'no such program', isMissing: true }
      : { cause: said ?? ended, isMissing: false }
  }
}
