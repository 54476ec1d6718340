/**
 * Makes a folder that runs `bench_cuda.ts` where there is neither this repository nor a registry:
 * the program in one file, koffi's native module of this platform, and the scripts of the PyTorch
 * peers. It needs Node.js, and `onnxruntime-node` with the CUDA provider in it, which is looked for
 * in `node_modules` beside it and above it, and in the folders of NODE_PATH.
 *
 * Run: npm run bench:cuda:bundle -- OUT_DIR
 */
import { cp, mkdir, readdir, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { command, run } from '../../tools/cli/command.js'

/** Files of `bench/peers/`. */
const PEERS = [
  'backbones.py',
  'compute.py',
  'detectors.py',
  'inference.py',
  'mask_rcnn.py',
  'memory.py',
  'retinanet.py',
  'swin.py',
  'train_step.py',
  'vanillanet.py',
]

/** TensorFlow.js brings packages that call `require`, which modules do not have of themselves. */
const REQUIRE =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);"

const program = command('bundle', 'Makes a folder that runs the CUDA benchmark with Node.js alone.')
  .name('npm run bench:cuda:bundle --')
  .argument('<folder>', 'where to')

await run<{ json?: undefined }>(program, async ([folder], _, say) => {
  await mkdir(join(folder, 'peers'), { recursive: true })
  await build({
    entryPoints: [pathOf('bench_cuda.ts')],
    outfile: join(folder, 'bench_cuda.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    minify: true,
    keepNames: true, // classes tell rows their names
    legalComments: 'eof',
    alias: { koffi: pathOf('koffi_beside.ts'), sharp: pathOf('no_sharp.ts') },
    banner: { js: REQUIRE },
    logLevel: 'error',
  })
  await cp(koffiModule(), join(folder, 'koffi.node'))
  for (const name of PEERS) await cp(pathOf(`../peers/${name}`), join(folder, 'peers', name))
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  const sizes = await Promise.all(
    files
      .filter((file) => file.isFile() && !file.parentPath.includes('node_modules'))
      .map(async (file) => (await stat(join(file.parentPath, file.name))).size),
  )
  const total = sizes.reduce((sum, size) => sum + size, 0)
  say(`${folder}: ${sizes.length} files, ${(total / 1e6).toFixed(1)} MB`)
  return undefined
})

/** Built with glibc, where the platform is Linux. */
function koffiModule(): string {
  const { platform, arch } = process
  const require = createRequire(createRequire(import.meta.url).resolve('koffi'))
  const root = dirname(require.resolve(`@koromix/koffi-${platform}-${arch}`))
  return join(root, `${platform}_${arch}`, 'koffi.node')
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}
