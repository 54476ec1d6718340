/**
 * What `gradients.ts` registers, bundled from `@tensorflow/tfjs-core`: in `dist/` as a step of
 * `npm run build`, and with `--cache` for running from sources.
 *
 * The bundle has parts of the core in it, as `@tensorflow/tfjs` itself has; they find the one
 * engine and the one registry of gradients, which are global.
 */
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { version_core } from '@tensorflow/tfjs-core'
import { build } from 'esbuild'

const METHODS = '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js'
const imports = ['@tensorflow/tfjs-core/dist/register_all_gradients.js', METHODS]

const root = new URL('..', import.meta.url)
const path = (name: string) => fileURLToPath(new URL(name, root))

async function bundle(outfile: string): Promise<void> {
  await build({
    stdin: {
      contents: imports.map((name) => `import '${name}'`).join('\n'),
      resolveDir: path('.'),
    },
    outfile,
    allowOverwrite: true,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    legalComments: 'eof',
    charset: 'utf8',
    logLevel: 'error',
  })
}

if (process.argv.includes('--cache')) {
  const cached = path(`.cache/tf_gradients_${version_core}.js`)
  if (!existsSync(cached)) await bundle(cached)
} else {
  await bundle(path('dist/tf/gradients.js'))
  await writeFile(path('dist/tf/gradients.d.ts'), `import '${METHODS}'\n`)
}
