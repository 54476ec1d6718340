/** Run, after each change of resize_rows.wat: npm run build:wasm */
import { writeFile } from 'node:fs/promises'
import { assembleResizeRows } from './assemble_resize_rows.js'

await writeFile(new URL('resize_rows_wasm.ts', import.meta.url), await assembleResizeRows())
