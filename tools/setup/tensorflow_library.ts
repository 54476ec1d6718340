import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'
import { DataError } from '../../errors.js'

/** TensorFlow's C interface, as its Python package has it. */
export interface TensorflowLibrary {
  /** Folder of the package: its libraries look for those of CUDA from there. */
  folder: string
  headers: string
  libraries: string[]
}

const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']
const HEADERS = ['tensorflow/c/c_api.h', 'tensorflow/c/eager/c_api.h']

/** Tells where Python would import TensorFlow from, which it does not do: that takes seconds. */
const ASK_FOLDER = `
import importlib.util, json
spec = importlib.util.find_spec("tensorflow")
print(json.dumps(spec and spec.submodule_search_locations[0]))`

/** Time limit of a Python that does not answer, ms. */
const TIMEOUT = 30_000

const GIVE = 'give a Python that has TensorFlow, its environment, or the folder of the package'

/**
 * TensorFlow in Python.
 *
 * @param from a Python, by path or by name; the folder of an environment, or of the package itself.
 * @throws DataError where there is none, or it lacks what programs are built against.
 */
export async function tensorflowLibrary(from: string): Promise<TensorflowLibrary> {
  const folder = await packageFolder(from)
  const headers = join(folder, 'include')
  const libraries = LIBRARIES.map((name) => join(folder, name))
  for (const path of [...libraries, ...HEADERS.map((name) => join(headers, name))]) {
    if (!existsSync(path)) {
      throw new DataError(folder, `has no ${relative(folder, path)}`, 'install TensorFlow 2.21')
    }
  }
  return { folder, headers, libraries }
}

async function packageFolder(from: string): Promise<string> {
  const found = await stat(from).catch(() => undefined)
  // A name is looked for on PATH; a path is from here, where neither Python nor the compiler is
  // run.
  if (!found?.isDirectory()) return folderByPython(basename(from) === from ? from : resolve(from))
  if (existsSync(join(from, 'include', HEADERS[0]))) return resolve(from)
  const python = resolve(from, 'bin', 'python')
  if (existsSync(python)) return folderByPython(python)
  throw new DataError(from, 'has neither a Python nor the headers of TensorFlow', GIVE)
}

async function folderByPython(python: string): Promise<string> {
  const folder = await askPython(python)
  if (folder !== null) return folder
  const install = `${python} -m pip install tensorflow, or tensorflow[and-cuda] for a GPU`
  throw new DataError(python, 'has no TensorFlow', `run ${install}`)
}

async function askPython(python: string): Promise<string | null> {
  try {
    // Not here, as Python also looks where it is run.
    const options = { cwd: '/', timeout: TIMEOUT }
    const { stdout } = await promisify(execFile)(python, ['-c', ASK_FOLDER], options)
    const folder: unknown = JSON.parse(stdout)
    if (folder === null || typeof folder === 'string') return folder
  } catch (error) {
    const { code } = error as { code?: string | number }
    if (code === 'ENOENT') throw new DataError(python, 'no such program', GIVE)
  }
  throw new DataError(python, 'did not answer as a Python does', GIVE)
}
