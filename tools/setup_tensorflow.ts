/**
 * Installs TensorFlow.js's native backend, for `--engine tensorflow`, and says whether it computes.
 *
 * With --json: `{ "ready", "folder", "version", "gpu", "problems": [...] }`, of which `version` is TensorFlow's and `gpu`
 * whether it computes on one, both null where it does not compute, and `problems` are sentences.
 */
import { Option } from 'commander'
import { TENSORFLOW_FOLDER, type Tensorflow } from '../engine/tensorflow_backend.js'
import { ConfigError, DeviceError } from '../errors.js'
import { command, run } from './command.js'
import { type TensorflowLibrary, tensorflowLibrary } from './tensorflow_library.js'
import { buildBinding, installPackage, runInstaller } from './tensorflow_package.js'
import { tryInChild, tryTensorflow } from './tensorflow_trial.js'

interface Flags {
  gpu?: boolean
  from?: string
  check?: boolean
  onlyTry?: boolean
  json?: boolean
}

const program = command(
  'setup_tensorflow',
  "Installs TensorFlow.js's native backend, for --engine tensorflow, and checks that it computes.",
)
  .option('--gpu', 'the package that computes on a GPU; fail where TensorFlow finds none')
  .option(
    '--from <python>',
    'build it against the TensorFlow of this Python, or of its environment',
  )
  .option('--check', 'install nothing, only say what is missing')
  .addOption(new Option('--only-try').hideHelp()) // what a process that may fail is asked for
  .option('--json', 'print one JSON document on standard output, all else on standard error')

await run<Flags, []>(program, async (_, { gpu = false, from, check, onlyTry }, say) => {
  if (onlyTry) return tryTensorflow()
  if (check && from !== undefined) {
    const what = 'is given with --check, which installs nothing'
    throw new ConfigError('--from', what, 'leave one out')
  }
  if (!check) await install(gpu, from, say)

  const { found, problems } = await tried(gpu)
  for (const problem of problems) say(problem)
  const ready = problems.length === 0
  if (!ready) process.exitCode = 2
  if (ready) {
    const device = found?.isGpu ? 'the GPU' : 'the processor'
    say(`TensorFlow ${found?.version} is ready: --engine tensorflow computes on ${device}.`)
  }
  const { version = null, isGpu = null } = found ?? {}
  return { ready, folder: TENSORFLOW_FOLDER, version, gpu: isGpu, problems }
})

/** Builds against the TensorFlow of `from`; else runs the package's installer, and builds where that fails. */
async function install(
  gpu: boolean,
  from: string | undefined,
  say: (line: string) => void,
): Promise<void> {
  const name = gpu ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node'
  const library = from === undefined ? undefined : await libraryToBuildAgainst(from)
  say(`npm downloads ${name} to ${TENSORFLOW_FOLDER}.`)
  await installPackage(TENSORFLOW_FOLDER, name, async (folder) => {
    const build = (library: TensorflowLibrary) => {
      say(`Its binding is built against ${library.folder}, which must stay there.`)
      return buildBinding(folder, library)
    }
    if (library) return build(library)
    say('Its installer downloads TensorFlow.')
    try {
      await runInstaller(folder)
    } catch (error) {
      const other = await libraryToBuildAgainst('python3').catch(() => undefined)
      if (other === undefined || !(error instanceof DeviceError)) throw error
      say(error.message)
      await build(other)
    }
  })
  say('It is installed.')
}

function libraryToBuildAgainst(from: string): Promise<TensorflowLibrary> {
  if (process.platform === 'linux') return tensorflowLibrary(from)
  throw new ConfigError('--from', `is for Linux, not ${process.platform}`, 'leave it out')
}

/** What computes, and what is wrong with it. */
async function tried(gpu: boolean): Promise<{ found?: Tensorflow; problems: string[] }> {
  try {
    const found = await tryInChild()
    return { found, problems: gpu && !found.isGpu ? [noGpu(found)] : [] }
  } catch (error) {
    if (error instanceof DeviceError) return { problems: [error.message] }
    throw error
  }
}

function noGpu({ version }: Tensorflow): string {
  const what = `TensorFlow ${version} finds no GPU, and computes on the processor`
  const fix = 'see that nvidia-smi names one, and that --from is a Python with tensorflow[and-cuda]'
  return new DeviceError('tensorflow', what, fix).message
}
