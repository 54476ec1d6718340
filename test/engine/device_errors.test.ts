/**
 * The messages are ONNX Runtime 1.29.0's own, seen with its CUDA 13 provider and NVIDIA's libraries
 * without a GPU (those of the driver by a stand-in for libcuda.so.1), with paths shortened. Those
 * marked so are from its source, or as others reported them.
 */
import test from 'ava'
import { deviceProblem, missingLibrary } from '../../engine/runtime/device_errors.js'

const GET =
  '/onnxruntime_src/onnxruntime/core/session/provider_bridge_ort.cc:1988 onnxruntime::Provider& onnxruntime::ProviderLibrary::Get() [ONNXRuntimeError] : 1 : FAIL : '
const DIRECTORY = '/app/node_modules/onnxruntime-node/bin/napi-v6/linux/x64'
const SHARED = `${DIRECTORY}/libonnxruntime_providers_shared.so`
const CUDA = `${DIRECTORY}/libonnxruntime_providers_cuda.so`
const GONE = 'cannot open shared object file: No such file or directory\n'
const GET_DEVICE_COUNT = (failure: string) =>
  `/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_execution_provider_info.cc:62 static onnxruntime::CUDAExecutionProviderInfo onnxruntime::CUDAExecutionProviderInfo::FromProviderOptions(const onnxruntime::ProviderOptions&) [ONNXRuntimeError] : 1 : FAIL : provider_options_utils.h:187 Parse Failed to parse provider option "device_id": CUDA failure ${failure} ; GPU=-1 ; hostname=box ; file=/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_execution_provider_info.cc ; line=69 ; expr=cudaGetDeviceCount(&num_devices); \n`

const SHOW_GPU =
  'see that nvidia-smi lists one, that CUDA_VISIBLE_DEVICES does not hide it, and that a container was started with its GPUs'
const AGAIN =
  "run it again with nothing else on the GPU; if it stays, update NVIDIA's driver, and report it with the name of the GPU"
const FREE_MEMORY =
  'use a smaller data.batchSize or smaller images, try --precision fp16, or end what else runs on the GPU'

interface Case {
  title: string
  device?: 'cuda' | 'webgpu'
  message: string
  what: string
  fix: string
}

const CASES: Case[] = [
  {
    title: 'no provider beside ONNX Runtime asks for the setup',
    message: `${GET}Failed to load library ${SHARED} with error: ${SHARED}: ${GONE}`,
    what: "ONNX Runtime's CUDA provider is not installed (no libonnxruntime_providers_shared.so)",
    fix: 'run npm run setup:cuda',
  },
  {
    title: 'half a provider asks for the setup',
    message: `${GET}Failed to load library ${CUDA} with error: ${CUDA}: ${GONE}`,
    what: "ONNX Runtime's CUDA provider is not installed (no libonnxruntime_providers_cuda.so)",
    fix: 'run npm run setup:cuda',
  },
  {
    title: 'a library of CUDA 13 that is missing is named with its package',
    message: `${GET}Failed to load library ${CUDA} with error: libcublasLt.so.13: ${GONE}`,
    what: 'libcublasLt.so.13 of CUDA 13 is missing',
    fix: "install CUDA 13, or pip's nvidia-cublas, and put the folder that holds it on LD_LIBRARY_PATH",
  },
  {
    title: 'a library of CUDA 12 that is missing is named with its package',
    message: `${GET}Failed to load library ${CUDA} with error: libcudart.so.12: ${GONE}`,
    what: 'libcudart.so.12 of CUDA 12 is missing',
    fix: "install CUDA 12, or pip's nvidia-cuda-runtime-cu12, and put the folder that holds it on LD_LIBRARY_PATH",
  },
  {
    title: 'cuFFT counts one less than CUDA',
    message: `${GET}Failed to load library ${CUDA} with error: libcufft.so.11: ${GONE}`,
    what: 'libcufft.so.11 of CUDA 12 is missing',
    fix: "install CUDA 12, or pip's nvidia-cufft-cu12, and put the folder that holds it on LD_LIBRARY_PATH",
  },
  {
    title: 'cuRAND has one number for CUDA 12 and 13',
    message: `${GET}Failed to load library ${CUDA} with error: libcurand.so.10: ${GONE}`,
    what: 'libcurand.so.10 of CUDA is missing',
    fix: "install CUDA, or pip's nvidia-curand (-cu12 for CUDA 12), and put the folder that holds it on LD_LIBRARY_PATH",
  },
  {
    title: 'a library that is not of NVIDIA is named',
    message: `${GET}Failed to load library ${CUDA} with error: libgomp.so.1: ${GONE}`,
    what: 'libgomp.so.1 is missing',
    fix: 'install it, and put the folder that holds it on LD_LIBRARY_PATH',
  },
  {
    title: 'no driver is told from no library of CUDA',
    message: `${GET}Failed to load library ${CUDA} with error: libcuda.so.1: ${GONE}`,
    what: "NVIDIA's driver is missing (no libcuda.so.1)",
    fix: 'install the driver of the GPU, or start the container with its GPUs, which brings it in',
  },
  {
    title: 'libraries of another build are said not to fit',
    message: `${GET}Failed to load library ${CUDA} with error: ${CUDA}: undefined symbol: cublasGetStatusName, version libcublas.so.13\n`,
    what: 'the CUDA provider and the libraries beside it do not fit together (libonnxruntime_providers_cuda.so: undefined symbol: cublasGetStatusName, version libcublas.so.13)',
    fix: 'use libraries of one version: npm run setup:cuda -- --check says what is missing',
  },
  {
    title: 'a system that is too old is said to be (glibc words it so)',
    message: `${GET}Failed to load library ${CUDA} with error: /lib/x86_64-linux-gnu/libc.so.6: version \`GLIBC_2.34' not found (required by ${CUDA})\n`,
    what: 'the system is older than the CUDA provider needs (no GLIBC_2.34)',
    fix: 'use a newer system',
  },
  {
    title: 'a damaged provider is to be installed again',
    message: `${GET}Failed to load library ${SHARED} with error: ${SHARED}: file too short\n`,
    what: 'libonnxruntime_providers_shared.so cannot be loaded (libonnxruntime_providers_shared.so: file too short)',
    fix: 'it may be damaged: run npm run setup:cuda again',
  },
  {
    title: 'blanks in paths do not hide a damaged provider',
    message: `${GET}Failed to load library /a b/c d/libx.so with error: /a b/c d/liby.so: file too short\n`,
    what: 'libx.so cannot be loaded (liby.so: file too short)',
    fix: 'it may be damaged: run npm run setup:cuda again',
  },
  {
    title: 'blanks in paths do not hide libraries of another build',
    message: `${GET}Failed to load library /a b/libx.so with error: /a b/libcublas.so.12: version \`libcublasLt.so.12' not found (required by /a b/libx.so)\n`,
    what: "the CUDA provider and the libraries beside it do not fit together (libcublas.so.12: version `libcublasLt.so.12' not found (required by /a b/libx.so))",
    fix: 'use libraries of one version: npm run setup:cuda -- --check says what is missing',
  },
  {
    title: 'the version of a library is its first number',
    message: `${GET}Failed to load library ${CUDA} with error: libnvrtc-builtins.so.13.0: ${GONE}`,
    what: 'libnvrtc-builtins.so.13.0 of CUDA 13 is missing',
    fix: "install CUDA 13, or pip's nvidia-cuda-nvrtc, and put the folder that holds it on LD_LIBRARY_PATH",
  },
  {
    title: 'an old driver is told from none',
    message: GET_DEVICE_COUNT('35: CUDA driver version is insufficient for CUDA runtime version'),
    what: "NVIDIA's driver is older than the CUDA libraries need",
    fix: 'update the driver (CUDA 13 needs 580 or newer, CUDA 12 525 or newer)',
  },
  {
    title: 'a driver without a GPU asks to look for one',
    message: GET_DEVICE_COUNT('100: no CUDA-capable device is detected'),
    what: 'there is no NVIDIA GPU',
    fix: SHOW_GPU,
  },
  {
    title: 'GPUs that are all hidden are none (source)',
    message: 'Invalid device ID: 0, must be between 0 (inclusive) and 0 (exclusive).',
    what: 'there is no NVIDIA GPU',
    fix: SHOW_GPU,
  },
  {
    title: 'a failure of CUDA that is not known is quoted with its number',
    message: GET_DEVICE_COUNT('999: unknown error'),
    what: 'CUDA says "unknown error" (999)',
    fix: AGAIN,
  },
  {
    title: 'a driver that is too old for a kernel is told as at the start (source)',
    message:
      "Non-zero status code returned while running Conv node. Name:'conv_1' Status Message: CUDA error cudaErrorInsufficientDriver:CUDA driver version is insufficient for CUDA runtime version",
    what: "NVIDIA's driver is older than the CUDA libraries need",
    fix: 'update the driver (CUDA 13 needs 580 or newer, CUDA 12 525 or newer)',
  },
  {
    title: 'a failure of cuBLAS is named, and no matter of what is installed (source)',
    message:
      'CUBLAS failure 13: CUBLAS_STATUS_EXECUTION_FAILED ; GPU=0 ; hostname=box ; expr=cublasSgemm',
    what: 'CUDA fails with CUBLAS_STATUS_EXECUTION_FAILED (ONNX Runtime says "CUBLAS failure 13: CUBLAS_STATUS_EXECUTION_FAILED ; GPU=0 ; hostname=box ; expr=cublasSgemm")',
    fix: AGAIN,
  },
  {
    title: 'memory that the arena cannot get is told in MiB (as reported)',
    message:
      "Non-zero status code returned while running ReduceSum node. Name:'sum_12' Status Message: /onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:376 void* onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, onnxruntime::Stream*, bool, onnxruntime::WaitNotificationFn) Failed to allocate memory for requested buffer of size 939524096\n",
    what: 'the memory of the GPU is full, 896 MiB more did not fit',
    fix: FREE_MEMORY,
  },
  {
    title: 'memory that CUDA cannot give is full memory',
    message: GET_DEVICE_COUNT('2: out of memory'),
    what: 'the memory of the GPU is full',
    fix: FREE_MEMORY,
  },
  {
    title: 'a GPU that the provider has no code for is told so (as reported)',
    message:
      "Non-zero status code returned while running Slice node. Name:'slice_3' Status Message: CUDA error cudaErrorNoKernelImageForDevice:no kernel image is available for execution on the device",
    what: 'the CUDA provider has no code for this GPU',
    fix: 'use a GPU that ONNX Runtime supports, or a provider library that was built for this one (npm run setup:cuda -- --from DIR)',
  },
  {
    title: 'cuDNN that a convolution does not find is missing (source)',
    message:
      "Non-zero status code returned while running Conv node. Name:'conv_1' Status Message: cuDNN is not available. Install cuDNN, update the system library search path, or set enable_cudnn=0 to force native CUDA paths where available.",
    what: 'libcudnn.so.9 of cuDNN 9 is missing',
    fix: "install cuDNN 9, or pip's nvidia-cudnn-cu13 (-cu12 for CUDA 12), and put the folder that holds it on LD_LIBRARY_PATH",
  },
  {
    title: 'cuDNN that does not start is told with its status (as reported)',
    message:
      'CUDNN failure 1001: CUDNN_STATUS_NOT_INITIALIZED ; GPU=0 ; hostname=box ; file=/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_execution_provider.cc ; line=182 ; expr=cudnnCreate(&cudnn_handle_);',
    what: 'cuDNN does not start (CUDNN_STATUS_NOT_INITIALIZED)',
    fix: 'use a whole cuDNN 9 for the same CUDA as the provider, no other on LD_LIBRARY_PATH, and leave it some memory of the GPU',
  },
  {
    title: 'on Windows a missing provider is told by its shared part (as reported)',
    message:
      'onnxruntime::ProviderLibrary::Get [ONNXRuntimeError] : 1 : FAIL : LoadLibrary failed with error 126 "" when trying to load "C:\\app\\onnxruntime_providers_shared.dll"',
    what: "ONNX Runtime's CUDA provider is not installed (no onnxruntime_providers_shared.dll)",
    fix: 'run npm run setup:cuda',
  },
  {
    title: 'on Windows what the provider misses is not named (as reported)',
    message:
      'onnxruntime::ProviderLibrary::Get [ONNXRuntimeError] : 1 : FAIL : LoadLibrary failed with error 126 "" when trying to load "C:\\app\\onnxruntime_providers_cuda.dll"',
    what: 'onnxruntime_providers_cuda.dll, or a library that it needs, is missing (error 126)',
    fix: 'run npm run setup:cuda, install CUDA and cuDNN 9, and put their folders on PATH',
  },
  {
    title: 'a provider of which nothing is said is to be checked',
    message: 'OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library',
    what: "ONNX Runtime's CUDA provider cannot be loaded",
    fix: 'npm run setup:cuda -- --check says what is missing',
  },
  {
    title: 'an unknown message is quoted on one line, without colours',
    message: '\u001b[1;31mSomething\nnew \u001b[m',
    what: 'ONNX Runtime says "Something new"',
    fix: 'npm run setup:cuda -- --check says what is missing',
  },
  {
    title: 'WebGPU without an adapter asks for a driver',
    device: 'webgpu',
    message:
      '/onnxruntime_src/onnxruntime/core/providers/webgpu/webgpu_context.cc:100 onnxruntime::webgpu::WebGpuContext::Initialize(const onnxruntime::webgpu::WebGpuContextConfig&)::<lambda()> adapter_result.status == wgpu::RequestAdapterStatus::Success was false. Failed to get a WebGPU adapter: No supported adapters\n',
    what: 'there is no GPU with a driver that WebGPU can use (No supported adapters)',
    fix: 'install the driver of the GPU, on Linux with Vulkan and its loader libvulkan.so.1',
  },
  {
    title: 'WebGPU tells full memory (as reported)',
    device: 'webgpu',
    message: 'vkAllocateMemory failed with VK_ERROR_OUT_OF_DEVICE_MEMORY',
    what: 'the memory of the GPU is full',
    fix: FREE_MEMORY,
  },
  {
    title: 'an unknown message of WebGPU is quoted',
    device: 'webgpu',
    message: 'Shader has 3 errors',
    what: 'ONNX Runtime says "Shader has 3 errors"',
    fix: "update the GPU's driver, or use --device cuda or cpu",
  },
]

for (const { title, device = 'cuda', message, what, fix } of CASES) {
  test(title, (t) => t.deepEqual(deviceProblem(device, message), { what, fix }))
}

test('the version of a library of Windows stands before its ending', (t) => {
  t.is(missingLibrary('cudnn64_9.dll').what, 'cudnn64_9.dll of cuDNN 9 is missing')
})
