import fs, { existsSync, fstatSync, readFileSync, statSync } from 'node:fs'
import {
  chmod,
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { dirname, join } from 'node:path'
import ava, { type ExecutionContext } from 'ava'
import { DataError, TrainingError } from '../../errors.js'
import { cannotWriteRun, type FileSentence } from '../../files/file_error.js'
import {
  type FileContent,
  replaceContent,
  replaceContentSync,
  replaceFile,
  syncPath,
  unfinishedName,
} from '../../files/replace_file.js'
import { temporaryFolder } from '../datasets/coco_folder.js'

// One at a time: the syncs of this process are watched.
const test = ava.serial
const onLinux = process.platform === 'linux' ? test : test.skip

type Write = (path: string, content: FileContent, sentence?: FileSentence) => Promise<void>

const FORMS: Record<string, Write> = {
  replaceContent,
  replaceContentSync: async (...given) => replaceContentSync(...given),
}

/** A file that holds `old`. */
async function oldFile(t: ExecutionContext): Promise<string> {
  const path = join(await temporaryFolder(t), 'file.json')
  await writeFile(path, 'old')
  return path
}

interface Spied {
  /** What is synced, in order, as `file new, at path old` where it and `path` hold that. */
  synced: string[]
  /** The code that the next sync of a file, or of a folder, fails with. */
  fails: { file?: string; folder?: string }
}

/** Watches what is synced, with what stands at `path` at that moment. */
async function watchSyncs(t: ExecutionContext, path: string): Promise<Spied> {
  const spied: Spied = { synced: [], fails: {} }
  const watch = (descriptor: number) => {
    const isFolder = fstatSync(descriptor).ino === statSync(dirname(path)).ino
    const synced = isFolder ? 'folder' : `file ${readFileSync(unfinishedName(path), 'utf8')}`
    spied.synced.push(`${synced}, at path ${readFileSync(path, 'utf8')}`)
    const code = spied.fails[isFolder ? 'folder' : 'file']
    if (code) throw Object.assign(new Error(code), { code, syscall: 'fsync' })
  }
  const handle = await open(path)
  const prototype = Object.getPrototypeOf(handle) as FileHandle
  await handle.close()
  const { sync } = prototype
  const { fsyncSync } = fs
  prototype.sync = async function (this: FileHandle) {
    watch(this.fd)
    return await sync.call(this)
  }
  fs.fsyncSync = (descriptor) => {
    watch(descriptor)
    fsyncSync(descriptor)
  }
  syncBuiltinESMExports()
  t.teardown(() => {
    prototype.sync = sync
    fs.fsyncSync = fsyncSync
    syncBuiltinESMExports()
  })
  return spied
}

for (const [name, write] of Object.entries(FORMS)) {
  test(`${name}: a file takes the place of the one before, of a text, bytes or pieces`, async (t) => {
    const path = await oldFile(t)
    const contents = {
      text: 'text',
      bytes: Buffer.from('bytes'),
      pieces: ['pie', '', 'ces'],
      '': '',
    }
    for (const [expected, content] of Object.entries(contents)) {
      await write(path, content)
      t.is(await readFile(path, 'utf8'), expected)
      t.deepEqual(await readdir(dirname(path)), ['file.json'])
    }
  })

  test(`${name}: the whole file is synced, then renamed, then its folder is synced`, async (t) => {
    const path = await oldFile(t)
    const { synced } = await watchSyncs(t, path)
    await write(path, ['ne', 'w'])
    t.deepEqual(synced, ['file new, at path old', 'folder, at path new'])
  })

  test(`${name}: a sync that fails leaves the old file, and no other`, async (t) => {
    const path = await oldFile(t)
    const { fails } = await watchSyncs(t, path)
    fails.file = 'EIO'
    await t.throwsAsync(write(path, 'new'), {
      instanceOf: DataError,
      message: `${path}: cannot be written (EIO); give another path`,
    })
    t.is(await readFile(path, 'utf8'), 'old')
    t.deepEqual(await readdir(dirname(path)), ['file.json'])
  })

  test(`${name}: a folder that cannot be synced is none the worse; one that breaks is`, async (t) => {
    const path = await oldFile(t)
    const { fails } = await watchSyncs(t, path)
    fails.folder = 'EINVAL'
    await write(path, 'new')
    fails.folder = 'EIO'
    await t.throwsAsync(write(path, 'newer'), { message: /cannot be written \(EIO\)/ })
    t.is(await readFile(path, 'utf8'), 'newer')
  })

  onLinux(`${name}: a disk that is full leaves the old file, and no other`, async (t) => {
    const path = await oldFile(t)
    await symlink('/dev/full', unfinishedName(path))
    await t.throwsAsync(write(path, 'new', cannotWriteRun), {
      instanceOf: TrainingError,
      message: `train: ${path} could not be written (ENOSPC); make room in the work dir and go on with --resume, from the checkpoint before`,
    })
    t.is(await readFile(path, 'utf8'), 'old')
    t.deepEqual(await readdir(dirname(path)), ['file.json'])
  })

  test(`${name}: a folder in the place of the file stays, and nothing beside it`, async (t) => {
    const path = join(await temporaryFolder(t), 'folder')
    await mkdir(path)
    await t.throwsAsync(write(path, 'new'), {
      instanceOf: DataError,
      message: new RegExp(`^${path}: cannot be written \\(E\\w+\\); give another path$`),
    })
    t.deepEqual(await readdir(dirname(path)), ['folder'])
  })

  test(`${name}: a folder under the name of the unfinished file is not removed`, async (t) => {
    const path = await oldFile(t)
    await mkdir(unfinishedName(path))
    await writeFile(join(unfinishedName(path), 'mine'), '')
    await t.throwsAsync(write(path, 'new'), { message: /cannot be written \(EISDIR\)/ })
    t.true(existsSync(join(unfinishedName(path), 'mine')))
  })

  test(`${name}: an error that is not the file system's stays as it is`, async (t) => {
    const path = await oldFile(t)
    function* pieces() {
      yield 'ne'
      throw new RangeError('too long')
    }
    await t.throwsAsync(write(path, pieces()), { instanceOf: RangeError, message: 'too long' })
    t.is(await readFile(path, 'utf8'), 'old')
    t.deepEqual(await readdir(dirname(path)), ['file.json'])
  })
}

test('what is written to the handle is the file', async (t) => {
  const path = await oldFile(t)
  await replaceFile(path, async (file) => {
    await file.write(Buffer.from('abc'), 0, 3, 2)
    await file.write(Buffer.from('xy'), 0, 2, 0)
  })
  t.is(await readFile(path, 'utf8'), 'xyabc')
})

test('a handle that writes no more leaves the old file, and no other', async (t) => {
  const path = await oldFile(t)
  const write = async (file: FileHandle) => {
    await file.write('half')
    throw Object.assign(new Error('broken'), { code: 'EIO', syscall: 'write' })
  }
  await t.throwsAsync(replaceFile(path, write), { message: /cannot be written \(EIO\)/ })
  t.is(await readFile(path, 'utf8'), 'old')
  t.deepEqual(await readdir(dirname(path)), ['file.json'])
})

test('a file of others is synced as well, also where it may only be read', async (t) => {
  const path = await oldFile(t)
  await chmod(path, 0o444)
  await t.notThrowsAsync(syncPath(path))
  await t.throwsAsync(syncPath(`${path}.none`), { code: 'ENOENT' })
})
