/** What `import { VanillaNet } from 'vanilladet/backbones'` loads. */
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { build } from 'esbuild'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Modules of ours, and what they import of packages, of an entry point. */
async function loadedBy(entry: string) {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
  })
  return metafile.inputs
}

test('VanillaNet loads few modules', async (t) => {
  const ours = Object.keys(await loadedBy('backbones/vanillanet.ts'))
  t.true(ours.includes('nn/series_activation.ts'))
  t.true(ours.length <= 25, `${ours.length}: ${ours}`)
})

test('the door of the backbones loads no engine', async (t) => {
  const inputs = await loadedBy('backbones/index.ts')
  const ours = Object.keys(inputs)
  t.true(ours.includes('backbones/vanillanet.ts'))
  t.deepEqual(
    ours.filter((path) => path.startsWith('engine/')),
    [],
  )
  const packages = Object.values(inputs).flatMap(({ imports }) =>
    imports.filter(({ external }) => external).map(({ path }) => path.replace(/\/sha2$/, '')),
  )
  // A build has all gradients in `tf/gradients.js`, which asks for no other package and no file.
  t.deepEqual([...new Set(packages)].sort(), [
    '@noble/hashes',
    '@tensorflow/tfjs',
    '@tensorflow/tfjs-backend-cpu',
    '@tensorflow/tfjs-core',
    'node:fs',
  ])
})
