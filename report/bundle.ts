import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { PageParts } from './page/page.js'

/** The page's script, with the charting library in it, and its style; both as small as they get. */
export async function bundlePage(): Promise<PageParts> {
  // A build leaves them beside this file, so that the package needs neither the bundler nor the
  // library.
  if (import.meta.url.endsWith('.js')) return readBuilt()
  const { bundleClient } = await import('./bundle_client.js')
  return bundleClient()
}

async function readBuilt(): Promise<PageParts> {
  const [script, style] = await Promise.all(
    ['client.js', 'style.css'].map((name) =>
      readFile(fileURLToPath(new URL(name, import.meta.url)), 'utf8'),
    ),
  )
  return { script, style }
}
