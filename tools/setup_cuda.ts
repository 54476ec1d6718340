/**
 * Brings ONNX Runtime's CUDA provider to the ONNX Runtime that onnxruntime-node ships, and
 * reports whether it runs.
 *
 * With --json: `{ "ready", "onnxruntime", "folder", "libraries", "cuda", "problems": [...] }`, of
 * which `cuda` is the version that the provider was built for, null where it is not installed or
 * does not state it, and `problems` are sentences.
 */
import { Option } from 'commander'
import { DataError } from '../errors.js'
import { run } from './cli/command.js'
import { tryDevice, tryInChild } from './cli/device_trial.js'
import { downloadProvider } from './setup/cuda_download.js'
import {
  type CudaProvider,
  cudaProvider,
  holdsProvider,
  installProvider,
  neededLibraries,
  requireProvider,
} from './setup/cuda_provider.js'
import { missingLibraries, missingLibraryError } from './setup/cuda_trial.js'
import { requireClearSource, type SetupFlags, setupCommand } from './setup/setup_command.js'

const program = setupCommand(
  'setup_cuda',
  "Installs ONNX Runtime's CUDA provider, and checks that a graph runs on the GPU.",
  new Option('--from <dir>', 'take its libraries from this folder, not from NuGet'),
)

await run<SetupFlags, []>(program, async (_, flags, say) => {
  const { from, check, onlyTry } = flags
  if (onlyTry) {
    await tryDevice({ device: 'cuda' })
    return null
  }
  requireClearSource(flags)
  const provider = cudaProvider()
  const { folder, names, version } = provider
  if (from !== undefined) {
    await installProvider(from, provider)
    say(`The CUDA provider of ONNX Runtime ${version} is installed from ${from}.`)
  } else if (!check && (await installedProblem(provider)) !== undefined) {
    say(`onnxruntime-node's installer downloads the CUDA provider of ONNX Runtime ${version}.`)
    await downloadProvider(provider)
    say('It is installed.')
  }

  const problem = await installedProblem(provider)
  const needed = problem === undefined ? await neededLibraries(provider) : []
  const problems = problem === undefined ? await trialProblems(needed) : [problem]
  for (const problem of problems) say(problem)
  const ready = problems.length === 0
  if (ready) say('CUDA is ready: --device cuda computes on the GPU.')
  else process.exitCode = 2
  const cuda = needed.join(' ').match(/libcudart\.so\.(\d+)/)?.[1] ?? null
  return { ready, onnxruntime: version, folder, libraries: names, cuda, problems }
})

/** What is wrong with the libraries beside ONNX Runtime's, as a sentence. */
async function installedProblem(provider: CudaProvider): Promise<string | undefined> {
  const { folder, names } = provider
  if (!(await holdsProvider(folder, provider))) return missingLibraryError(names[1]).message
  try {
    await requireProvider(folder, provider)
    return undefined
  } catch (error) {
    if (error instanceof DataError) return error.message
    throw error
  }
}

/** Each library that is missing; where none is, what a graph on the GPU fails for. */
async function trialProblems(needed: readonly string[]): Promise<string[]> {
  const missing = missingLibraries(needed).map(({ message }) => message)
  if (missing.length > 0) return missing
  const fix = 'see that the driver and the libraries of CUDA and cuDNN are of one version'
  const { problem } = await tryInChild('cuda', fix)
  return problem === undefined ? [] : [problem]
}
