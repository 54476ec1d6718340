/**
 * Installs TensorFlow.js's native backend, for `--engine tensorflow`, and reports whether it
 * computes.
 *
 * With --json: `{ "ready", "folder", "version", "gpu", "problems": [...] }`, of which `version` is
 * TensorFlow's and `gpu` whether it computes on one, both null where it does not compute, and
 * `problems` are sentences.
 */
import { Option } from 'commander'
import { loadTensorflow, TENSORFLOW_FOLDER, type Tensorflow } from '../engine/tensorflow_backend.js'
import { ConfigError, DeviceError } from '../errors.js'
import { run } from './cli/command.js'
import { tryDevice, tryInChild } from './cli/device_trial.js'
import { requireClearSource, type SetupFlags, setupCommand } from './setup/setup_command.js'
import { type TensorflowLibrary, tensorflowLibrary } from './setup/tensorflow_library.js'
import { buildBinding, installPackage, runInstaller } from './setup/tensorflow_package.js'

interface Flags extends SetupFlags {
  gpu?: boolean
}

/** What computes, and what is wrong with it. */
interface Outcome {
  found?: Tensorflow
  problems: string[]
}

const program = setupCommand(
  'setup_tensorflow',
  "Installs TensorFlow.js's native backend, for --engine tensorflow, and checks that it computes.",
  new Option(
    '--from <python>',
    'build it against the TensorFlow of this Python, or of its environment',
  ),
).option('--gpu', 'the package that computes on a GPU; fail where TensorFlow finds none')

await run<Flags, []>(program, async (_, flags, say) => {
  const { gpu = false, from, check, onlyTry } = flags
  if (onlyTry) {
    await tryDevice({ engine: 'tensorflow' })
    return loadTensorflow()
  }
  requireClearSource(flags)
  const { found, problems } = check ? await tried(gpu) : await install(gpu, from, say)
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

/**
 * Builds against the TensorFlow of `from`; else runs the package's installer, and builds where that
 * fails. Then tries it.
 */
async function install(
  gpu: boolean,
  from: string | undefined,
  say: (line: string) => void,
): Promise<Outcome> {
  const name = gpu ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node'
  const library = from === undefined ? undefined : await libraryToBuildAgainst(from)
  say(`npm downloads ${name} to ${TENSORFLOW_FOLDER}.`)
  const build = (folder: string, library: TensorflowLibrary) => {
    say(`Its binding is built against ${library.folder}, which must stay there.`)
    return buildBinding(folder, library)
  }
  const bind = async (folder: string) => {
    if (library) return build(folder, library)
    say('Its installer downloads TensorFlow.')
    try {
      await runInstaller(folder)
    } catch (error) {
      const other = await libraryToBuildAgainst('python3').catch(() => undefined)
      if (other === undefined || !(error instanceof DeviceError)) throw error
      say(error.message)
      await build(folder, other)
    }
  }
  let outcome: Outcome = { problems: [] }
  const computes = async () => {
    outcome = await tried(gpu)
    return outcome.found !== undefined
  }
  const isKept = await installPackage(TENSORFLOW_FOLDER, name, { bind, computes })
  say(isKept ? 'It is installed.' : 'It does not compute: what was installed before is back.')
  return outcome
}

function libraryToBuildAgainst(from: string): Promise<TensorflowLibrary> {
  if (process.platform === 'linux') return tensorflowLibrary(from)
  throw new ConfigError('--from', `is for Linux, not ${process.platform}`, 'leave it out')
}

async function tried(gpu: boolean): Promise<Outcome> {
  const fix = 'run npm run setup:tensorflow once more, with another TensorFlow in --from'
  const { result, problem } = await tryInChild<Tensorflow>('tensorflow', fix)
  if (problem !== undefined) return { problems: [problem] }
  return { found: result, problems: gpu && !result.isGpu ? [noGpu(result)] : [] }
}

function noGpu({ version }: Tensorflow): string {
  const what = `TensorFlow ${version} finds no GPU, and computes on the processor`
  const fix = 'see that nvidia-smi names one, and that --from is a Python with tensorflow[and-cuda]'
  return new DeviceError('tensorflow', what, fix).message
}
