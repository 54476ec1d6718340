/**
 * A step of `npm run build`: the page's script and style, where the built `report/bundle.js` reads
 * them.
 */
import { writeFile } from 'node:fs/promises'
import { bundleClient } from './bundle_client.js'

const built = new URL('../dist/report/', import.meta.url)
const { script, style } = await bundleClient()
await writeFile(new URL('client.js', built), script)
await writeFile(new URL('style.css', built), style)
