/**
 * A step of `npm run build`: makes a package of what is built of pycocotools-js, so that a project
 * that installs vanilladet imports it by its name, and gets the modules that vanilladet runs.
 *
 * package.json names the folder as an optional dependency. npm links it into `node_modules`; npm in
 * a checkout takes the workspace instead, and who installs otherwise has `vanilladet/pycocotools`.
 */
import { readFile, writeFile } from 'node:fs/promises'

const workspace = new URL('pycocotools-js/package.json', import.meta.url)
const carried = new URL('../dist/packages/pycocotools-js/package.json', import.meta.url)

const { name, version, description, license, type, sideEffects, engines } = JSON.parse(
  await readFile(workspace, 'utf8'),
)
// `exports` counts only in the package.json of a package's root, which to tools this one is not.
const doors = { main: './source/index.js', types: './source/index.d.ts' }
const manifest = { name, version, description, license, type, sideEffects, engines, ...doors }
await writeFile(carried, `${JSON.stringify(manifest, null, 2)}\n`)
