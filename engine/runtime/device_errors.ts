import { stripVTControlCharacters } from 'node:util'

/** What is wrong with a device, and how it is fixed, in the two halves of a `DeviceError`. */
export interface DeviceProblem {
  what: string
  fix: string
}

/** A message of ONNX Runtime, and what it means. The first rule that matches is taken. */
interface Rule {
  message: RegExp
  problem(found: RegExpMatchArray): DeviceProblem
}

const SETUP = 'run npm run setup:cuda'
const CHECK = 'npm run setup:cuda -- --check says what is missing'
const SHOW_GPU =
  'see that nvidia-smi lists one, that CUDA_VISIBLE_DEVICES does not hide it, and that a container was started with its GPUs'
const AGAIN =
  "run it again with nothing else on the GPU; if it stays, update NVIDIA's driver, and report it with the name of the GPU"
const FREE_MEMORY =
  'use a smaller data.batchSize or smaller images, try --precision fp16, or end what else runs on the GPU'

/**
 * One sentence about a device that cannot be used, from ONNX Runtime's message. A message that is
 * not known is quoted.
 *
 * The messages are those of ONNX Runtime 1.29 and of the CUDA runtime, cuDNN and Dawn below it; the
 * tests have them whole.
 */
export function deviceProblem(device: 'cuda' | 'webgpu', message: string): DeviceProblem {
  for (const rule of RULES[device]) {
    const found = message.match(rule.message)
    if (found) return rule.problem(found)
  }
  return { what: `ONNX Runtime says "${oneLine(message)}"`, fix: UNKNOWN_FIXES[device] }
}

/** A shared library that is not found, by its file name such as `libcublasLt.so.13`. */
export function missingLibrary(name: string): DeviceProblem {
  if (/onnxruntime_providers_/.test(name)) {
    return { what: `ONNX Runtime's CUDA provider is not installed (no ${name})`, fix: SETUP }
  }
  if (name === 'libcuda.so.1') {
    return {
      what: `NVIDIA's driver is missing (no ${name})`,
      fix: 'install the driver of the GPU, or start the container with its GPUs, which brings it in',
    }
  }
  const library = NVIDIA_LIBRARIES.find(({ file }) => file.test(name))
  if (!library) return { what: `${name} is missing`, fix: `install it, and ${putOnPath(name)}` }
  const [, ofLinux, ofWindows] = name.match(/\.so\.(\d+)|(\d+)\.dll$/) ?? []
  const release = library.release(Number(ofLinux ?? ofWindows))
  const wheel = `${library.wheel}${library.suffix(release)}`
  return {
    what: `${name} of ${release} is missing`,
    fix: `install ${release}, or pip's ${wheel}, and ${putOnPath(name)}`,
  }
}

/** NVIDIA's libraries that the provider takes, and pip's packages (wheels) that hold them. */
const NVIDIA_LIBRARIES = [
  { file: /^libcublas/, wheel: 'nvidia-cublas', release: cuda, suffix: cudaSuffix },
  { file: /^libcudart/, wheel: 'nvidia-cuda-runtime', release: cuda, suffix: cudaSuffix },
  { file: /^libnvrtc/, wheel: 'nvidia-cuda-nvrtc', release: cuda, suffix: cudaSuffix },
  // One more or less than CUDA's: libcufft.so.11 is of CUDA 12, libcurand.so.10 of both.
  {
    file: /^libcufft/,
    wheel: 'nvidia-cufft',
    release: (major: number) => cuda(major + 1),
    suffix: cudaSuffix,
  },
  { file: /^libcurand/, wheel: 'nvidia-curand', release: () => 'CUDA', suffix: cudaSuffix },
  {
    file: /^(?:lib)?cudnn/,
    wheel: 'nvidia-cudnn-cu13 (-cu12 for CUDA 12)',
    release: (major: number) => `cuDNN ${major}`,
    suffix: () => '',
  },
]

function cuda(major: number): string {
  return `CUDA ${major}`
}

/** Since CUDA 13 pip's packages have no suffix. */
function cudaSuffix(release: string): string {
  if (release === 'CUDA') return ' (-cu12 for CUDA 12)'
  return release === 'CUDA 12' ? '-cu12' : ''
}

function putOnPath(name: string): string {
  const variable = name.endsWith('.dll') ? 'PATH' : 'LD_LIBRARY_PATH'
  return `put the folder that holds it on ${variable}`
}

/** Numbers of `cudaError_t` that say something about the machine. */
const CUDA_FAILURES: Record<string, DeviceProblem> = {
  2: { what: 'the memory of the GPU is full', fix: FREE_MEMORY },
  35: {
    what: "NVIDIA's driver is older than the CUDA libraries need",
    fix: 'update the driver (CUDA 13 needs 580 or newer, CUDA 12 525 or newer)',
  },
  46: {
    what: 'the GPU is in use by another program alone',
    fix: 'end it, or set the GPU to the compute mode Default',
  },
  100: { what: 'there is no NVIDIA GPU', fix: SHOW_GPU },
  101: { what: 'there is no NVIDIA GPU', fix: SHOW_GPU },
  209: {
    what: 'the CUDA provider has no code for this GPU',
    fix: 'use a GPU that ONNX Runtime supports, or a provider library that was built for this one (npm run setup:cuda -- --from DIR)',
  },
  802: {
    what: 'the GPUs are not ready yet',
    fix: 'start the fabric manager that this machine needs (nvidia-fabricmanager)',
  },
  803: {
    what: "the parts of NVIDIA's driver are of different versions",
    fix: 'restart the machine after an update of the driver, and keep libcuda.so.1 of other versions off LD_LIBRARY_PATH',
  },
  804: {
    what: "NVIDIA's compatibility libraries do not support this GPU",
    fix: 'update the driver, or take the folder cuda/compat off LD_LIBRARY_PATH',
  },
}

const CUDA_RULES: readonly Rule[] = [
  {
    // Windows does not say which library it is: 126 is also for one that the named one needs.
    message: /LoadLibrary failed with error (\d+).*?([\w.]+\.dll)"?/,
    problem: ([, code, name]) =>
      name === 'onnxruntime_providers_shared.dll'
        ? missingLibrary(name)
        : {
            what: `${name}, or a library that it needs, is missing (error ${code})`,
            fix: `${SETUP}, install CUDA and cuDNN 9, and put their folders on PATH`,
          },
  },
  {
    message: /([\w.+-]+\.so(?:\.\d+)*): cannot open shared object file/,
    problem: ([, name]) => missingLibrary(name),
  },
  {
    message: /version `(GLIBC\w*_[\d.]+)' not found/,
    problem: ([, version]) => ({
      what: `the system is older than the CUDA provider needs (no ${version})`,
      fix: 'use a newer system',
    }),
  },
  {
    message:
      /with error: (?:.*?\/)??([^/]+?: .*(?:undefined symbol|version `|not defined in file).*)/,
    problem: ([, text]) => ({
      what: `the CUDA provider and the libraries beside it do not fit together (${oneLine(text)})`,
      fix: `use libraries of one version: ${CHECK}`,
    }),
  },
  {
    message: /Failed to load library (?:.*\/)?([^/]+) with error: (?:.*?\/)??([^/]+?: .*)/,
    problem: ([, name, text]) => ({
      what: `${name} cannot be loaded (${oneLine(text)})`,
      fix: `it may be damaged: ${SETUP} again`,
    }),
  },
  {
    message:
      /Failed to allocate memory for requested buffer of size (\d+)|Available memory of \d+ is smaller than requested bytes of (\d+)/,
    problem: ([, ...sizes]) => ({
      what: `the memory of the GPU is full, ${mebibytes(sizes)} more did not fit`,
      fix: FREE_MEMORY,
    }),
  },
  {
    message: /CUDNN_STATUS_ALLOC_FAILED|CUBLAS_STATUS_ALLOC_FAILED|cudaErrorMemoryAllocation/,
    problem: () => CUDA_FAILURES[2],
  },
  { message: /cudaErrorInsufficientDriver/, problem: () => CUDA_FAILURES[35] },
  { message: /cudaErrorNoKernelImageForDevice/, problem: () => CUDA_FAILURES[209] },
  { message: /Invalid device ID: \d+/, problem: () => CUDA_FAILURES[100] },
  {
    message: /cuDNN is not available|cuDNN library was not found|dlopen failed for libcudnn/,
    problem: () => missingLibrary('libcudnn.so.9'),
  },
  {
    message:
      /(CUDNN_STATUS_(?:NOT_INITIALIZED|SUBLIBRARY_\w+|\w+_MISMATCH)|Failed to initialize CUDNN Frontend)/,
    problem: ([, status]) => ({
      what: `cuDNN does not start (${status})`,
      fix: 'use a whole cuDNN 9 for the same CUDA as the provider, no other on LD_LIBRARY_PATH, and leave it some memory of the GPU',
    }),
  },
  {
    message: /CUDA failure (\d+): (.*?) ;/,
    problem: ([, number, text]) =>
      CUDA_FAILURES[number] ?? { what: `CUDA says "${text}" (${number})`, fix: AGAIN },
  },
  {
    message: /CU[A-Z]+_STATUS_\w+|cudaError\w+|cudaMem\w+/,
    problem: ({ 0: failure, input }) => ({
      what: `CUDA fails with ${failure} (ONNX Runtime says "${oneLine(input ?? failure)}")`,
      fix: AGAIN,
    }),
  },
  {
    message: /CUDA execution provider is not enabled in this build/,
    problem: () => ({
      what: `onnxruntime-node has no CUDA for ${process.platform} ${process.arch}`,
      fix: 'use Linux or Windows on x64',
    }),
  },
  {
    message:
      /Failed to load shared library|CUDA Provider not available|either not enabled or not available/,
    problem: () => ({ what: "ONNX Runtime's CUDA provider cannot be loaded", fix: CHECK }),
  },
]

const WEBGPU_RULES: readonly Rule[] = [
  {
    message: /Failed to get a WebGPU adapter: (.*)/,
    problem: ([, text]) => ({
      what: `there is no GPU with a driver that WebGPU can use (${oneLine(text)})`,
      fix: 'install the driver of the GPU, on Linux with Vulkan and its loader libvulkan.so.1',
    }),
  },
  {
    message: /Failed to get a WebGPU device: (.*)/,
    problem: ([, text]) => ({
      what: `the GPU does not start (${oneLine(text)})`,
      fix: 'update its driver',
    }),
  },
  {
    message: /WebGPU execution provider is not (?:supported|enabled) in this build/,
    problem: () => ({
      what: `onnxruntime-node has no WebGPU for ${process.platform} ${process.arch}`,
      fix: 'use a system that it has it for',
    }),
  },
  {
    message: /OUT_OF_DEVICE_MEMORY|OUT_OF_HOST_MEMORY|E_OUTOFMEMORY|out of memory/i,
    problem: () => ({ what: 'the memory of the GPU is full', fix: FREE_MEMORY }),
  },
  {
    message: /device (?:was|is) lost|device lost/i,
    problem: () => ({
      what: 'the GPU was lost while it computed',
      fix: 'use a smaller data.batchSize or smaller images, and update its driver',
    }),
  },
]

const RULES = { cuda: CUDA_RULES, webgpu: WEBGPU_RULES }
const UNKNOWN_FIXES = {
  cuda: CHECK,
  webgpu: "update the GPU's driver, or use --device cuda or cpu",
}

/** Without ONNX Runtime's colours and line ends. */
function oneLine(text: string): string {
  return stripVTControlCharacters(text).replace(/\s+/g, ' ').trim()
}

function mebibytes(sizes: readonly (string | undefined)[]): string {
  const bytes = Number(sizes.find((size) => size !== undefined))
  return `${Math.ceil(bytes / 2 ** 20)} MiB`
}
