/** Nothing here is taken from the network, and node_modules is left as it is. */
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { onnxruntimeNode } from '../../engine/runtime/ort_library.js'
import { DataError, DeviceError } from '../../errors.js'
import { downloadProvider } from '../../tools/setup/cuda_download.js'
import {
  type CudaProvider,
  cudaProvider,
  installProvider,
  neededLibraries,
  requireProvider,
} from '../../tools/setup/cuda_provider.js'
import { missingLibraries } from '../../tools/setup/cuda_trial.js'
import { readSharedLibrary } from '../../tools/setup/shared_library.js'
import { temporaryFolder } from '../datasets/coco_folder.js'
import { fakeElf, fakePe } from './fake_library.js'
import { runCommand as run } from './run_command.js'

const VERSION = '1.29.0'
const NAMES = [
  'libonnxruntime_providers_cuda.so',
  'libonnxruntime_providers_shared.so',
] as const satisfies CudaProvider['names']
const OTHER = `give --from a folder with those of ONNX Runtime ${VERSION} for x64`

/** A folder for a provider of Linux, and one with made-up libraries that fit it. */
async function folders(t: ExecutionContext): Promise<{ from: string; provider: CudaProvider }> {
  const folder = await temporaryFolder(t)
  const [from, to] = [join(folder, 'from'), join(folder, 'to')]
  await mkdir(from)
  await mkdir(to)
  await writeFile(
    join(from, NAMES[0]),
    fakeElf({ version: VERSION, needed: ['libcudart.so.13', 'libc.so.6'] }),
  )
  await writeFile(join(from, NAMES[1]), fakeElf({ needed: ['libc.so.6'] }))
  return { from, provider: { folder: to, names: NAMES, version: VERSION, architecture: 'x64' } }
}

/** What is reported of `from` with one of its files replaced. */
async function refusal(t: ExecutionContext, name: string, content: Uint8Array): Promise<string> {
  const { from, provider } = await folders(t)
  await writeFile(join(from, name), content)
  const error = await t.throwsAsync(installProvider(from, provider), { instanceOf: DataError })
  t.deepEqual(await readdir(provider.folder), [], 'nothing is installed')
  return error.message.replace(`${from}/`, '')
}

test('libraries that fit are copied, and nothing else is left', async (t) => {
  const { from, provider } = await folders(t)
  await installProvider(from, provider)
  t.deepEqual((await readdir(provider.folder)).sort(), [...NAMES])
  for (const name of NAMES) {
    t.deepEqual(await readFile(join(provider.folder, name)), await readFile(join(from, name)))
  }
  await t.notThrowsAsync(requireProvider(provider.folder, provider))
})

test('libraries that fit take the place of others', async (t) => {
  const { from, provider } = await folders(t)
  for (const name of NAMES) await writeFile(join(provider.folder, name), 'older')
  await installProvider(from, provider)
  t.deepEqual((await readdir(provider.folder)).sort(), [...NAMES])
  await t.notThrowsAsync(requireProvider(provider.folder, provider))
})

test('where the second cannot be put in place the first of before comes back', async (t) => {
  const { from, provider } = await folders(t)
  for (const name of NAMES) await writeFile(join(provider.folder, name), 'older')
  const inTheWay = join(provider.folder, `${NAMES[1]}.old.tmp`)
  await mkdir(inTheWay)
  await writeFile(join(inTheWay, 'file'), '')
  const error = await t.throwsAsync(installProvider(from, provider), { instanceOf: DataError })
  t.regex(
    error.message,
    /: cannot take the libraries \(\w+\); see that it may be written, has the room/,
  )
  for (const name of NAMES) t.is(await readFile(join(provider.folder, name), 'utf8'), 'older')
})

test('a folder that lacks a library is refused with where one is', async (t) => {
  const { from, provider } = await folders(t)
  const empty = join(from, 'empty')
  await mkdir(empty)
  await t.throwsAsync(requireProvider(empty, provider), {
    instanceOf: DataError,
    message: `${empty}: holds no libonnxruntime_providers_cuda.so; give --from the folder of a package of ONNX Runtime 1.29.0 that does, such as runtimes/*/native of the NuGet package Microsoft.ML.OnnxRuntime.Gpu.Linux (or .Windows)`,
  })
})

test('a text is no shared library', async (t) => {
  t.is(
    await refusal(t, NAMES[1], Buffer.from('a page that says: not found')),
    `${NAMES[1]}: is not a shared library; ${OTHER}`,
  )
})

test('a library of another processor is refused', async (t) => {
  t.is(
    await refusal(t, NAMES[0], fakeElf({ machine: 183, version: VERSION })),
    `${NAMES[0]}: is for arm64, not x64; ${OTHER}`,
  )
})

test('a library of another ONNX Runtime is refused', async (t) => {
  const sentence = `${NAMES[0]}: is not of ONNX Runtime 1.29.0, which onnxruntime-node is; ${OTHER}`
  t.is(await refusal(t, NAMES[0], fakeElf({ version: '1.28.0' })), sentence)
  t.is(await refusal(t, NAMES[0], fakeElf({ version: '11.29.0' })), sentence)
  t.is(await refusal(t, NAMES[0], fakeElf({ version: '1.29.01' })), sentence)
})

test('a library that is cut short is refused, as loading it would end the process', async (t) => {
  const whole = fakeElf({ version: VERSION })
  t.is(
    await refusal(t, NAMES[0], whole.subarray(0, whole.length - 1)),
    `${NAMES[0]}: is cut short; copy or download it again`,
  )
})

test('a version is found where two pieces of a large file meet', async (t) => {
  const { from, provider } = await folders(t)
  const piece = 16 * 2 ** 20
  const head = fakeElf()
  const file = Buffer.concat([head, Buffer.alloc(piece + 64 - head.length)])
  file.write(`${VERSION}\0`, piece - 3)
  await writeFile(join(from, NAMES[0]), file)
  await t.notThrowsAsync(requireProvider(from, provider))
})

test('libraries of Windows are told by their head, and their version in its wide letters', async (t) => {
  const { from, provider } = await folders(t)
  const names = ['onnxruntime_providers_cuda.dll', 'onnxruntime_providers_shared.dll'] as const
  for (const name of names) await writeFile(join(from, name), fakePe({ version: `${VERSION}.7` }))
  const windows = { ...provider, names }
  await t.notThrowsAsync(requireProvider(from, windows))
  await writeFile(join(from, names[0]), fakePe({ machine: 0xaa64, version: VERSION }))
  await t.throwsAsync(requireProvider(from, windows), { message: /: is for arm64, not x64; / })
  await writeFile(join(from, names[0]), fakePe({ version: '1.28.0' }))
  await t.throwsAsync(requireProvider(from, windows), {
    message: /: is not of ONNX Runtime 1.29.0/,
  })
  await writeFile(join(from, names[0]), fakePe({ version: VERSION }).subarray(0, -1))
  await t.throwsAsync(requireProvider(from, windows), { message: /: is cut short; / })
})

test('what the libraries need is read from them, each once', async (t) => {
  const { from, provider } = await folders(t)
  const needed = await neededLibraries({ ...provider, folder: from })
  t.deepEqual(needed, ['libcudart.so.13', 'libc.so.6'])
})

test("the head of onnxruntime-node's own library is read as the linker reads it", async (t) => {
  const folder = join(onnxruntimeNode().root, 'bin', 'napi-v6')
  const linux = await readSharedLibrary(join(folder, 'linux', 'x64', 'libonnxruntime.so.1'))
  t.is(linux?.architecture, 'x64')
  t.true(linux?.isWhole)
  t.true(linux?.needed.includes('libc.so.6'), linux?.needed.join())
  const windows = await readSharedLibrary(join(folder, 'win32', 'arm64', 'onnxruntime.dll'))
  t.deepEqual(windows, { architecture: 'arm64', isWhole: true, needed: [] })
})

test('heads that claim what a file cannot hold are read without harm', async (t) => {
  const path = join(await temporaryFolder(t), 'library.so')
  await writeFile(path, fakeElf({ segmentBytes: 8 }))
  t.is(await readSharedLibrary(path), undefined)
  await writeFile(path, fakeElf({ needed: ['libc.so.6'], stringsBytes: 2 ** 50 }))
  t.deepEqual((await readSharedLibrary(path))?.needed, ['libc.so.6'])
})

test('a file that cannot be read is named', async (t) => {
  const path = join(await temporaryFolder(t), 'library.so')
  await t.throwsAsync(readSharedLibrary(path), {
    instanceOf: DataError,
    message: `${path}: cannot be read (ENOENT); see that it may be read`,
  })
})

test('a platform without CUDA is told which have it, and of WebGPU where that is', (t) => {
  const messageFor = (platform: string, architecture: string) =>
    t.throws(() => cudaProvider(platform, architecture), { instanceOf: DeviceError }).message
  const start = 'cuda: ONNX Runtime has no CUDA for'
  const fix = 'use Linux or Windows on x64'
  for (const [platform, architecture] of ['darwin arm64', 'win32 arm64'].map((s) => s.split(' '))) {
    const expected = `${start} ${platform} ${architecture}; ${fix}, or --device webgpu`
    t.is(messageFor(platform, architecture), expected)
  }
  t.is(messageFor('darwin', 'x64'), `${start} darwin x64; ${fix}`)
  t.is(messageFor('linux', 'arm64'), `${start} linux arm64; ${fix}`)
})

test('libraries that the system does not find are all named', (t) => {
  const texts = missingLibraries(['libcublas.so.99', 'libnone.so.7']).map(({ message }) => message)
  t.deepEqual(texts.slice(0, 2), [
    "cuda: libcublas.so.99 of CUDA 99 is missing; install CUDA 99, or pip's nvidia-cublas, and put the folder that holds it on LD_LIBRARY_PATH",
    'cuda: libnone.so.7 is missing; install it, and put the folder that holds it on LD_LIBRARY_PATH',
  ])
})

/** Whether there is a provider for this machine, which has an installer on Linux alone. */
const hasInstaller = process.platform === 'linux' && process.arch === 'x64'
const hasCuda = hasInstaller || (process.platform === 'win32' && process.arch === 'x64')

const WAY_OUT = `get ${NAMES.join(' and ')} of ONNX Runtime ${VERSION} from its GPU package elsewhere, and give their folder with --from`

/** The root of a package with an installer that is a script of a few lines. */
async function rootWith(t: ExecutionContext, script: string): Promise<string> {
  const root = await temporaryFolder(t)
  await mkdir(join(root, 'script'))
  await writeFile(join(root, 'script', 'install.js'), script)
  return root
}

test('what an installer writes is installed, and nothing of it or of an earlier run stays', async (t) => {
  if (!hasInstaller) return t.pass('not run: the installer is for Linux on x64')
  const { from, provider } = await folders(t)
  const root = await rootWith(
    t,
    `const { cpSync } = require('fs')
     cpSync(${JSON.stringify(from)}, __dirname + '/../bin/napi-v6/linux/x64', { recursive: true })`,
  )
  await mkdir(join(root, '.setup-cuda'))
  await writeFile(join(root, '.setup-cuda', 'older'), '')
  await downloadProvider(provider, root)
  t.deepEqual((await readdir(provider.folder)).sort(), [...NAMES])
  t.deepEqual(await readdir(root), ['script'])
})

test('an installer that ends well and writes nothing has failed', async (t) => {
  if (!hasInstaller) return t.pass('not run: the installer is for Linux on x64')
  const { provider } = await folders(t)
  const root = await rootWith(t, '')
  await t.throwsAsync(downloadProvider(provider, root), {
    instanceOf: DeviceError,
    message: `cuda: onnxruntime-node's installer failed (it wrote no libraries that fit); ${WAY_OUT}`,
  })
  t.deepEqual(await readdir(root), ['script'])
})

test('a package whose folder cannot be written is named', async (t) => {
  if (!hasInstaller) return t.pass('not run: the installer is for Linux on x64')
  const { provider } = await folders(t)
  const root = join(await rootWith(t, ''), 'script', 'install.js')
  await t.throwsAsync(downloadProvider(provider, root), {
    instanceOf: DataError,
    message: `${root}: cannot be written (ENOTDIR); see that it may be written, and has the room`,
  })
})

test.serial('without the network the installer is quoted, with the way out', async (t) => {
  if (!hasInstaller) return t.pass('not run: the installer is for Linux on x64')
  const { provider } = await folders(t)
  const packages = dirname(onnxruntimeNode().root)
  const root = await temporaryFolder(t)
  await symlink(join(onnxruntimeNode().root, 'script'), join(root, 'script'))
  await symlink(packages, join(root, 'node_modules'))
  process.env.GLOBAL_AGENT_HTTPS_PROXY = 'http://127.0.0.1:9' // where nobody listens
  process.env.GLOBAL_AGENT_HTTP_PROXY = 'http://127.0.0.1:9'
  t.teardown(() => {
    delete process.env.GLOBAL_AGENT_HTTPS_PROXY
    delete process.env.GLOBAL_AGENT_HTTP_PROXY
  })
  const error = await t.throwsAsync(downloadProvider(provider, root), { instanceOf: DeviceError })
  t.regex(
    error.message,
    /^cuda: onnxruntime-node's installer failed \(.*(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN).*\); /,
  )
  t.true(error.message.endsWith(`; ${WAY_OUT}`), error.message)
  t.deepEqual(await readdir(provider.folder), [])
  t.deepEqual((await readdir(root)).sort(), ['node_modules', 'script'])
})

test.serial('the command refuses a folder in one sentence', async (t) => {
  if (!hasCuda) return t.pass('not run: no CUDA here')
  const folder = await temporaryFolder(t)
  const [refused, unclear, empty] = await Promise.all([
    run('setup_cuda', ['--from', folder]),
    run('setup_cuda', ['--from', folder, '--check']),
    run('setup_cuda', ['--from', '']),
  ])
  t.is(refused.code, 2)
  t.regex(refused.stderr, /^error: .*: holds no \S+; give --from the folder of .*\n$/)
  t.deepEqual([unclear.code, empty.code], [2, 2])
  t.is(empty.stderr, 'error: --from is empty; name a place, or leave it out\n')
  t.is(
    unclear.stderr,
    'error: --from is given with --check, which installs nothing; leave one out\n',
  )
})

test.serial('--check says what is missing, and exits with 2 for it', async (t) => {
  if (!hasCuda) return t.pass('not run: no CUDA here')
  const { code, stdout, stderr } = await run('setup_cuda', ['--check', '--json'])
  const { ready, onnxruntime, problems } = JSON.parse(stdout)
  t.is(code, ready ? 0 : 2)
  t.is(problems.length === 0, ready)
  t.is(onnxruntime, cudaProvider().version)
  for (const problem of problems) t.true(stderr.includes(`${problem}\n`))
  if (!ready) t.regex(problems[0], /^.+; .+$/)
})
