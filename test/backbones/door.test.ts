/** What `import { VanillaNet } from 'vanilladet/backbones'` loads. */
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { build } from 'esbuild'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

test('the door of the backbones loads few modules, and no engine', async (t) => {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['backbones/index.ts'],
    bundle: true,
    write: false,
    metafile: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
  })
  const ours = Object.keys(metafile.inputs)
  t.true(ours.includes('backbones/vanillanet.ts'))
  t.true(ours.length <= 25, `${ours.length}: ${ours}`)
  t.deepEqual(
    ours.filter((path) => path.startsWith('engine/')),
    [],
  )
  const packages = Object.values(metafile.inputs).flatMap(({ imports }) =>
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
