import { mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { fingerprintOf } from '../../source/columns/fingerprint.js'
import { nodeModules } from '../../source/columns/node_modules.js'

const modules = nodeModules()!

/** The fingerprint without the times and the inode: size and checksum. */
function contentOf(path: string): string[] {
  const parts = fingerprintOf(path, modules).split(' ')
  return [parts[0], parts[4]]
}

test('content at either end changes a fingerprint, with the size as it was', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'fingerprint-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const path = join(folder, 'a')
  for (const length of [10, 1_048_576, 3_000_000]) {
    const bytes = Buffer.alloc(length, 1)
    await writeFile(path, bytes)
    const before = contentOf(path)
    for (const at of [0, length - 1]) {
      bytes[at] ^= 1
      await writeFile(path, bytes)
      t.not(contentOf(path)[1], before[1])
      t.is(contentOf(path)[0], before[0])
      bytes[at] ^= 1
    }
  }
})

test('a time set back and a copy change a fingerprint', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'fingerprint-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const [path, copy] = [join(folder, 'a'), join(folder, 'b')]
  await writeFile(path, 'same')
  await writeFile(copy, 'same')
  const before = fingerprintOf(path, modules)
  t.is(fingerprintOf(path, modules), before)
  t.not(fingerprintOf(copy, modules), before)
  const { atime, mtime } = await stat(path)
  await utimes(path, atime, new Date(mtime.getTime() - 1000))
  t.not(fingerprintOf(path, modules), before)
})
