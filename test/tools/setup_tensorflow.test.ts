/**
 * Nothing here is taken from the network or compiled: npm, Python and the compiler are scripts of a
 * few lines.
 */
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join, relative } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { findPackage, TENSORFLOW_FOLDER } from '../../engine/tensorflow_backend.js'
import { DataError, DeviceError } from '../../errors.js'
import { tensorflowLibrary } from '../../tools/setup/tensorflow_library.js'
import { buildBinding, installPackage, runInstaller } from '../../tools/setup/tensorflow_package.js'
import { temporaryFolder } from '../datasets/coco_folder.js'
import { runCommand } from './run_command.js'

const NAME = '@tensorflow/tfjs-node'
const GIVE = 'give a Python that has TensorFlow, its environment, or the folder of the package'
const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']

async function writeFiles(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), '')
  }
}

/** A program that is a shell script. */
async function fakeProgram(folder: string, name: string, script: string): Promise<string> {
  const path = join(folder, name)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, `#!/bin/sh\n${script}\n`)
  await chmod(path, 0o755)
  return path
}

/** The folder of a TensorFlow package that has all files that count, but for those `without`. */
async function fakeTensorflow(folder: string, without?: string): Promise<string> {
  const headers = ['c_api.h', 'eager/c_api.h'].map((name) => join('include/tensorflow/c', name))
  const names = [...LIBRARIES, ...headers].filter((name) => name !== without)
  await writeFiles(join(folder, 'tensorflow'), names)
  return join(folder, 'tensorflow')
}

async function refusal(t: ExecutionContext, from: string): Promise<string> {
  const error = await t.throwsAsync(tensorflowLibrary(from), { instanceOf: DataError })
  return error.message.replaceAll(from, 'FROM')
}

test('TensorFlow is found by a Python, by its environment and by its own folder', async (t) => {
  const folder = await temporaryFolder(t)
  const tensorflow = await fakeTensorflow(folder)
  const python = await fakeProgram(folder, 'env/bin/python', `echo '"${tensorflow}"'`)
  const expected = {
    folder: tensorflow,
    headers: join(tensorflow, 'include'),
    libraries: LIBRARIES.map((name) => join(tensorflow, name)),
  }
  for (const from of [python, join(folder, 'env'), tensorflow, `${tensorflow}/`]) {
    t.deepEqual(await tensorflowLibrary(from), expected)
    t.deepEqual(await tensorflowLibrary(relative(process.cwd(), from)), expected, 'from here')
  }
})

test('a Python that is not there, or none, is told what to give', async (t) => {
  const folder = await temporaryFolder(t)
  t.is(await refusal(t, join(folder, 'python')), `FROM: no such program; ${GIVE}`)
  t.is(await refusal(t, 'no-such-python'), `FROM: no such program; ${GIVE}`)
  const other = await fakeProgram(folder, 'other', 'echo hello')
  t.is(await refusal(t, other), `FROM: did not answer as a Python does; ${GIVE}`)
  const number = await fakeProgram(folder, 'number', 'echo 5')
  t.is(await refusal(t, number), `FROM: did not answer as a Python does; ${GIVE}`)
  const failing = await fakeProgram(folder, 'failing', 'exit 3')
  t.is(await refusal(t, failing), `FROM: did not answer as a Python does; ${GIVE}`)
  t.is(
    await refusal(t, folder),
    `FROM: has neither a Python nor the headers of TensorFlow; ${GIVE}`,
  )
})

test('a Python without TensorFlow is told how to install it', async (t) => {
  const python = await fakeProgram(await temporaryFolder(t), 'python', 'echo null')
  t.is(
    await refusal(t, python),
    'FROM: has no TensorFlow; run FROM -m pip install tensorflow, or tensorflow[and-cuda] for a GPU',
  )
})

test('a TensorFlow without a library or a header is refused by its name', async (t) => {
  for (const name of [LIBRARIES[0], 'include/tensorflow/c/eager/c_api.h']) {
    const tensorflow = await fakeTensorflow(await temporaryFolder(t), name)
    t.is(await refusal(t, tensorflow), `FROM: has no ${name}; install TensorFlow 2.21`)
    const error = await t.throwsAsync(tensorflowLibrary(`${tensorflow}/`))
    t.is(error.message, `${tensorflow}: has no ${name}; install TensorFlow 2.21`)
  }
})

/**
 * A place to install to, with an older installation in it, and programs that come before those of
 * the system.
 */
async function workshop(t: ExecutionContext, { npm, cxx }: { npm?: string; cxx?: string } = {}) {
  const folder = await temporaryFolder(t)
  const home = join(folder, 'home')
  await writeFiles(home, ['older'])
  const scope = 'node_modules/@tensorflow'
  const parts = ['tfjs-node', 'tfjs', 'tfjs-core', 'tfjs-of-no-project']
  const fetched = `mkdir -p ${parts.map((part) => `${scope}/${part}`).join(' ')}`
  await fakeProgram(folder, 'bin/npm', npm ?? fetched)
  const { PATH, CXX } = process.env
  process.env.PATH = `${join(folder, 'bin')}${delimiter}${PATH}`
  process.env.CXX = await fakeProgram(folder, 'bin/cxx', cxx ?? 'exit 0')
  t.teardown(() => {
    process.env.PATH = PATH
    if (CXX === undefined) delete process.env.CXX
    else process.env.CXX = CXX
  })
  const library = await tensorflowLibrary(await fakeTensorflow(folder))
  return { folder, home, library, build: (path: string) => buildBinding(path, library) }
}

const works = async () => true

/** What an installation fails with; what was there before must be there still. */
async function failure(
  t: ExecutionContext,
  { folder, home }: { folder: string; home: string },
  bind: (path: string) => Promise<void>,
): Promise<string> {
  const steps = { bind, computes: works }
  const error = await t.throwsAsync(installPackage(home, NAME, steps), { instanceOf: DeviceError })
  t.deepEqual(await readdir(home), ['older'])
  t.deepEqual((await readdir(folder)).sort(), ['bin', 'home', 'tensorflow'])
  return error.message
}

test.serial('a package is built against a TensorFlow, and finds TensorFlow.js above', async (t) => {
  // Writes what it was asked for to the file that comes last.
  const shop = await workshop(t, { cxx: 'for last; do :; done; echo "$@" > "$last"' })
  process.env.CXX = ` ${process.env.CXX} -m64  --own`
  t.true(await installPackage(shop.home, NAME, { bind: shop.build, computes: works }))
  t.deepEqual((await readdir(shop.home)).sort(), ['node_modules', 'package.json'])
  t.deepEqual((await readdir(shop.folder)).sort(), ['bin', 'home', 'tensorflow'])
  const scope = join(shop.home, 'node_modules', '@tensorflow')
  t.deepEqual((await readdir(scope)).sort(), ['tfjs-node', 'tfjs-of-no-project'])
  const binding = join(scope, 'tfjs-node', 'lib', 'napi-v8', 'tfjs_binding.node')
  const asked = await readFile(binding, 'utf8')
  t.true(asked.startsWith('-m64 --own -shared '), asked)
  for (const path of shop.library.libraries) t.true(asked.includes(path), asked)
  t.true(asked.includes(`-Xlinker -rpath -Xlinker ${shop.library.folder} `), asked)
})

test.serial('a package that does not compute gives its place back to the one before', async (t) => {
  const shop = await workshop(t)
  const seen: string[][] = []
  const computes = async () => {
    seen.push(await readdir(shop.home))
    return false
  }
  t.false(await installPackage(shop.home, NAME, { bind: shop.build, computes }))
  t.deepEqual(seen, [['node_modules', 'package.json']])
  t.deepEqual(await readdir(shop.home), ['older'])
  const failing = () => Promise.reject(new Error('no child'))
  const steps = { bind: shop.build, computes: failing }
  await t.throwsAsync(installPackage(shop.home, NAME, steps), { message: 'no child' })
  t.deepEqual(await readdir(shop.home), ['older'])
  t.deepEqual((await readdir(shop.folder)).sort(), ['bin', 'home', 'tensorflow'])
})

test.serial('the first package stays also where it does not compute', async (t) => {
  const shop = await workshop(t)
  const steps = { bind: shop.build, computes: async () => false }
  t.true(await installPackage(join(shop.folder, 'first'), NAME, steps))
  t.deepEqual((await readdir(shop.folder)).sort(), ['bin', 'first', 'home', 'tensorflow'])
})

test('a folder that cannot be written is named', async (t) => {
  const folder = await temporaryFolder(t)
  await writeFiles(folder, ['file'])
  const home = join(folder, 'file', 'home')
  const steps = { bind: async () => {}, computes: works }
  await t.throwsAsync(installPackage(home, NAME, steps), {
    instanceOf: DataError,
    message: `${home}: cannot be written (ENOTDIR); see that it may be written, and has the room`,
  })
})

test.serial('without the network npm is quoted', async (t) => {
  const reason = 'request to https://packages.example.org/x failed, reason: getaddrinfo ENOTFOUND'
  const script = `echo "npm error code ENOTFOUND\nnpm error network ${reason}" >&2; exit 1`
  const shop = await workshop(t, { npm: script })
  t.is(
    await failure(t, shop, shop.build),
    `tensorflow: npm install ${NAME}@4.22.0 failed (network ${reason}); see that npm reaches its registry`,
  )
})

test.serial('where the installer cannot download the way out is told', async (t) => {
  const reason = 'getaddrinfo ENOTFOUND storage.googleapis.com'
  const fetched = 'mkdir -p node_modules/@tensorflow/tfjs-node'
  const npm = `[ $1 = install ] && exec ${fetched}; echo "Error: ${reason}\n    at a" >&2; exit 1`
  const shop = await workshop(t, { npm })
  const what = `tensorflow: the installer of ${NAME} failed (${reason})`
  t.is(
    await failure(t, shop, (path) => runInstaller(path, 'linux')),
    `${what}; build it with --from PYTHON, one that has TensorFlow`,
  )
  t.is(
    await failure(t, shop, (path) => runInstaller(path, 'darwin')),
    `${what}; see that it reaches storage.googleapis.com`,
  )
})

test.serial('a compiler that fails is quoted, one that is missing is named', async (t) => {
  const cxx = 'echo "a.cc: In function f:\na.cc:3:1: error: no type TF_Status" >&2; exit 1'
  const shop = await workshop(t, { cxx })
  t.is(
    await failure(t, shop, shop.build),
    `tensorflow: ${process.env.CXX} failed (no type TF_Status); try it with TensorFlow 2.21, or with another compiler in CXX`,
  )
  process.env.CXX = 'no-such-compiler'
  t.is(
    await failure(t, shop, shop.build),
    'tensorflow: no-such-compiler failed (no such program); install a C++ compiler, such as g++, or name one in CXX',
  )
})

test('the command refuses in one sentence, and exits with 2', async (t) => {
  const nowhere = join(await temporaryFolder(t), 'python')
  const [missing, unclear, empty, unchecked] = await Promise.all([
    runCommand('setup_tensorflow', ['--from', nowhere]),
    runCommand('setup_tensorflow', ['--from', nowhere, '--check']),
    runCommand('setup_tensorflow', ['--from', '']),
    runCommand('setup_tensorflow', ['--check', '--json']),
  ])
  t.deepEqual([missing.code, unclear.code, empty.code], [2, 2, 2])
  t.is(empty.stderr, 'error: --from is empty; name a place, or leave it out\n')
  if (process.platform === 'linux')
    t.is(missing.stderr, `error: ${nowhere}: no such program; ${GIVE}\n`)
  t.is(
    unclear.stderr,
    'error: --from is given with --check, which installs nothing; leave one out\n',
  )
  if (findPackage(TENSORFLOW_FOLDER) !== undefined) return
  t.is(unchecked.code, 2)
  t.deepEqual(JSON.parse(unchecked.stdout), {
    ready: false,
    folder: TENSORFLOW_FOLDER,
    version: null,
    gpu: null,
    problems: ['tensorflow: is not installed; run npm run setup:tensorflow'],
  })
})
