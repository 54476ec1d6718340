import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build, transform } from 'esbuild'
import type { PageParts } from './page/page.js'

/** Bundles the page's script and style from their sources. */
export async function bundleClient(): Promise<PageParts> {
  const [bundled, style] = await Promise.all([
    build({
      entryPoints: [pathOf('client/main.ts')],
      bundle: true,
      minify: true,
      format: 'iife',
      target: 'es2022',
      legalComments: 'inline',
      charset: 'utf8',
      write: false,
      logLevel: 'silent',
    }),
    readFile(pathOf('style.css'), 'utf8').then((css) =>
      transform(css, { loader: 'css', minify: true, charset: 'utf8' }),
    ),
  ])
  return { script: bundled.outputFiles[0].text, style: style.code }
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}
