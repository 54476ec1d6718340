import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Folders that hold nothing that was written here. */
export const NOT_WRITTEN = ['node_modules', 'dist', 'work_dirs', 'data'] as const

/** Paths of the files below `folder` that end so, but for hidden ones and folders left out. */
export function sourceFiles(
  folder: string,
  { ending, without }: { ending: RegExp; without: readonly string[] },
): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (without.includes(entry.name) || entry.name.startsWith('.')) return []
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sourceFiles(path, { ending, without })
    return ending.test(entry.name) ? [path] : []
  })
}
