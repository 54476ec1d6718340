import fs from 'node:fs'
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { ColumnFile, ColumnFileWriter } from '../../source/columns/column_file.js'
import { nodeModules } from '../../source/columns/node_modules.js'
import { CocoError } from '../../source/index.js'

let folder: string
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'column-file-'))
})
test.after.always(() => rm(folder, { recursive: true, force: true }))

const modules = nodeModules()!

/** A writer of a lazy section of 3 MB, so that it is read in pieces. */
function writerOf(used = modules) {
  const writer = new ColumnFileWriter(used)
  const bytes = Uint8Array.from({ length: 3e6 }, (_, i) => i % 251)
  writer.add('a', [Uint8Array.of(1, 2), Uint8Array.of(3)], { b: 4 })
  writer.add('lazy', [bytes.subarray(0, 7), bytes.subarray(7)], {}, { isLazy: true })
  return { writer, bytes }
}

test('sections come back, whole or where they are read', async (t) => {
  const { writer, bytes } = writerOf()
  const path = join(folder, 'sound')
  await writer.write(path, 'print')
  const file = ColumnFile.open(path, 'print', modules)
  t.deepEqual([...file.section('a').bytes], [1, 2, 3])
  t.deepEqual(file.section('a').about, { b: 4 })
  t.is(file.section('lazy').bytes.length, 0)
  for (const [start, length] of [
    [0, 10],
    [5, 10],
    [65_527, 10],
    [65_530, 20],
    [2_000_000, 65_536],
    [100, 200_000],
    [2_999_990, 10],
    [0, 1],
  ]) {
    const target = new Uint8Array(length)
    file.section('lazy').read(target, start)
    t.deepEqual(target, bytes.slice(start, start + length), `${start}`)
  }
  t.throws(() => ColumnFile.open(path, 'other', modules), {
    message: 'is of another state of the annotation file',
  })
})

test('a disk that is full leaves the file as it was, and nothing else', async (t) => {
  const path = join(folder, 'full')
  await writeFile(path, 'before')
  let left = 100_000
  const open: typeof fs.promises.open = async (...args) => {
    const file = await fs.promises.open(...args)
    const write = async (bytes: Uint8Array, at: number) => {
      const { bytesWritten } = await file.write(bytes, at, Math.min(left, bytes.length - at))
      left -= bytesWritten
      if (left === 0) throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
      return { bytesWritten }
    }
    return { write, sync: () => file.sync(), close: () => file.close() } as never
  }
  const full = { ...modules, fs: { ...fs, promises: { ...fs.promises, open } } }
  await t.throwsAsync(writerOf(full).writer.write(path, 'print'), { message: 'no space' })
  t.is(await readFile(path, 'utf8'), 'before')
  t.deepEqual(
    (await readdir(folder)).filter((name) => name.startsWith('full')),
    ['full'],
  )
})

test('bytes that are lost after the file was checked are an error of one sentence', async (t) => {
  const path = join(folder, 'lost')
  await writerOf().writer.write(path, 'print')
  const section = ColumnFile.open(path, 'print', modules).section('lazy')
  await truncate(path, 1_000_000)
  t.throws(() => section.read(new Uint8Array(9), 2_000_000), {
    instanceOf: CocoError,
    message: `${path}: cannot be read any more (it ends too early); delete it, and it will be written anew`,
  })
})

test('what a crash has left of a file is removed an hour later', async (t) => {
  const path = join(folder, 'stale')
  await writeFile(`${path}.1.old.tmp`, '')
  await fs.promises.utimes(`${path}.1.old.tmp`, 1e9, 1e9)
  await writeFile(`${path}.2.new.tmp`, '')
  await writerOf().writer.write(path, 'print')
  t.deepEqual(
    (await readdir(folder)).filter((name) => name.startsWith('stale')),
    ['stale', 'stale.2.new.tmp'],
  )
})
