import { readFile } from 'node:fs/promises'
import test from 'ava'
import { assembleResizeRows } from '../../datasets/assemble_resize_rows.js'

test('resize_rows_wasm.ts is what resize_rows.wat gives', async (t) => {
  const committed = new URL('../../datasets/resize_rows_wasm.ts', import.meta.url)
  t.is(await readFile(committed, 'utf8'), await assembleResizeRows(), 'run npm run build:wasm')
})
