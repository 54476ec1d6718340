/** Lists the comments that are wider than the code, which the formatter leaves as they are. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { wideComments } from './wide_comments.js'

const NOT_SOURCE = new Set(['node_modules', 'dist', 'work_dirs', 'data'])

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (NOT_SOURCE.has(entry.name) || entry.name.startsWith('.')) return []
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sourceFiles(path)
    return /\.[jt]s$/.test(entry.name) ? [path] : []
  })
}

const places = sourceFiles('.').flatMap((file) =>
  wideComments(readFileSync(file, 'utf8')).map((line) => `${file}:${line}`),
)
for (const place of places) console.error(`${place}: a comment wraps at 100 columns`)
process.exitCode = places.length > 0 ? 1 : 0
