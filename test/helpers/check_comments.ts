/** Lists the comments that are wider than the code, which the formatter leaves as they are. */
import { readFileSync } from 'node:fs'
import { NOT_WRITTEN, sourceFiles } from './source_files.js'
import { wideComments } from './wide_comments.js'

const files = sourceFiles('.', { ending: /\.[jt]s$/, without: NOT_WRITTEN })
const places = files.flatMap((file) =>
  wideComments(readFileSync(file, 'utf8')).map((line) => `${file}:${line}`),
)
for (const place of places) console.error(`${place}: a comment wraps at 100 columns`)
process.exitCode = places.length > 0 ? 1 : 0
