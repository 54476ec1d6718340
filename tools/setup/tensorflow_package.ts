import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { TENSORFLOW_PACKAGES } from '../../engine/tensorflow_backend.js'
import { DeviceError } from '../../errors.js'
import { orFileError } from '../../files/file_error.js'
import { notWritten } from '../cli/file_error.js'
import type { TensorflowLibrary } from './tensorflow_library.js'

const VERSION = '4.22.0'

/** Node's headers for addons, which are the same for every Node. */
const HEADERS = 'node-api-headers'
const HEADERS_VERSION = '1.9.0'

/**
 * The newest interface of Node that `@tensorflow/tfjs-node` 4.22 knows; it looks for its binding by
 * this number.
 */
const NODE_API = 8

type PackageName = (typeof TENSORFLOW_PACKAGES)[number]

/** What turns the files of a package into an installation. */
export interface InstallSteps {
  /** Gives the package its binding: `runInstaller`, or `buildBinding`. */
  bind(packageFolder: string): Promise<void>
  /** Whether the package computes, asked where it is to stay. */
  computes(): Promise<boolean>
}

/**
 * Installs a package in a folder of its own. It takes the place of what was there once it computes;
 * where nothing was, it stays in any case.
 *
 * @returns whether it stays.
 * @throws DeviceError, or DataError for a folder that cannot be written; what was there then is
 *   there still.
 */
export function installPackage(
  folder: string,
  name: PackageName,
  { bind, computes }: InstallSteps,
): Promise<boolean> {
  const home = resolve(folder)
  const staging = `${home}.new`
  return orFileError(home, notWritten, async () => {
    await rm(staging, { recursive: true, force: true })
    try {
      await mkdir(staging, { recursive: true })
      await writeFile(join(staging, 'package.json'), '{ "private": true }\n')
      const wanted = [`${name}@${VERSION}`, `${HEADERS}@${HEADERS_VERSION}`]
      await download(wanted, staging)
      await removeCopies(join(staging, 'node_modules', '@tensorflow'), name)
      await bind(join(staging, 'node_modules', name))
      return await replace(home, staging, computes)
    } finally {
      await rm(staging, { recursive: true, force: true })
    }
  })
}

/** Puts a folder in the place of another, which comes back unless the new one computes. */
async function replace(
  home: string,
  staging: string,
  computes: InstallSteps['computes'],
): Promise<boolean> {
  const aside = `${home}.old`
  if (existsSync(home)) {
    await rm(aside, { recursive: true, force: true })
    await rename(home, aside)
  }
  let isKept = false
  try {
    await rename(staging, home)
    isKept = (await computes()) || !existsSync(aside)
  } finally {
    if (!isKept && existsSync(aside)) {
      await rm(home, { recursive: true, force: true })
      await rename(aside, home)
    }
  }
  await rm(aside, { recursive: true, force: true })
  return isKept
}

/**
 * Downloads the TensorFlow of 2022 that the package was made for, and its binding.
 *
 * @throws DeviceError
 */
export async function runInstaller(
  packageFolder: string,
  platform: string = process.platform,
): Promise<void> {
  const failure = await npm(['run', 'install'], packageFolder)
  if (failure === undefined) return
  const what = `the installer of @tensorflow/${basename(packageFolder)} failed (${failure.cause})`
  const fix =
    platform === 'linux'
      ? 'build it with --from PYTHON, one that has TensorFlow'
      : 'see that it reaches storage.googleapis.com' // where it downloads from
  throw new DeviceError('tensorflow', what, fix)
}

/** Builds the binding against a TensorFlow, which must stay where it is. */
export async function buildBinding(
  packageFolder: string,
  { folder, headers, libraries }: TensorflowLibrary,
): Promise<void> {
  const out = join(packageFolder, 'lib', `napi-v${NODE_API}`)
  await mkdir(out, { recursive: true })
  const nodeHeaders = join(packageFolder, '..', '..', HEADERS, 'include')
  const [compiler, ...flags] = (process.env.CXX?.trim() || 'c++').split(/\s+/)
  const args = [
    ...flags,
    ...['-shared', '-fPIC', '-O2', '-std=c++17', '-w', `-DNAPI_VERSION=${NODE_API}`],
    ...['-isystem', nodeHeaders, '-isystem', headers],
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(packageFolder, 'binding', name)),
    ...libraries,
    // By its own path, as TensorFlow finds the libraries of CUDA from the folder that it is loaded
    // from.
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

/**
 * Of each part of TensorFlow.js there is one copy: where the project has one, which is found in the
 * folders above, the downloaded one goes.
 */
async function removeCopies(scope: string, name: PackageName): Promise<void> {
  for (const entry of await readdir(scope)) {
    const part = `@tensorflow/${entry}`
    if (part !== name && isInProject(part)) await rm(join(scope, entry), { recursive: true })
  }
}

function isInProject(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(`${name}/package.json`)
    return true
  } catch {
    return false
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
    const reason = stderr.match(/^(?:\w*Error: |.*\berror: |npm error (?!code|errno))(.+)$/m)?.[1]
    const ended = signal ? `killed by ${signal}` : `exit ${code}`
    return code === 'ENOENT'
      ? { cause: 'no such program', isMissing: true }
      : { cause: reason ?? ended, isMissing: false }
  }
}
