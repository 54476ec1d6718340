/**
 * A step of `npm run build`: what `gradients.ts` imports, bundled from `@tensorflow/tfjs-core`.
 *
 * The bundle has parts of the core in it, as `@tensorflow/tfjs` itself has; they find the one
 * engine and the one registry of gradients, which are global.
 */
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const METHODS = '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js'
const imports = ['@tensorflow/tfjs-core/dist/register_all_gradients.js', METHODS]

const built = new URL('../dist/tf/gradients', import.meta.url)
await build({
  stdin: {
    contents: imports.map((name) => `import '${name}'`).join('\n'),
    resolveDir: fileURLToPath(new URL('.', import.meta.url)),
  },
  outfile: fileURLToPath(`${built}.js`),
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
await writeFile(fileURLToPath(`${built}.d.ts`), `import '${METHODS}'\n`)
