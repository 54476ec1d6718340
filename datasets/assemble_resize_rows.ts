import { readFile } from 'node:fs/promises'
import assembler from 'wabt'

/** The text of `resize_rows_wasm.ts`, which holds `resize_rows.wat` as bytes. */
export async function assembleResizeRows(): Promise<string> {
  const source = await readFile(new URL('resize_rows.wat', import.meta.url), 'utf8')
  const { parseWat } = await assembler()
  const module = parseWat('resize_rows.wat', source, { simd: true })
  module.validate()
  const bytes = Buffer.from(module.toBinary({}).buffer).toString('base64')
  module.destroy()
  const lines = bytes.match(/.{1,90}/g)!.map((line) => `    '${line}',`)
  return [
    '/** Made of resize_rows.wat by `npm run build:wasm`. */',
    'export const RESIZE_ROWS = Buffer.from(',
    '  [',
    ...lines,
    "  ].join(''),",
    "  'base64',",
    ')',
    '',
  ].join('\n')
}
