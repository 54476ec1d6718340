/**
 * Makes this process, and its data workers, meet a fault when they touch a certain file. Loaded
 * before anything else by `node --import`.
 *
 * PLANTED_FAULT is JSON: `file`, the end of a path; `fault`, one of those below; `sound`, how often
 * the main thread may touch the file before, as it does when it checks the images.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import threads, { isMainThread, Worker } from 'node:worker_threads'

const { file, fault, sound = 0 } = JSON.parse(process.env.PLANTED_FAULT)
const { readFile, rename } = fs.promises
let left = isMainThread ? sound : 0

const FAULTS = {
  disappears: async (path) => fs.unlinkSync(path),
  breaks: async (path) => fs.truncateSync(path, 40),
  exits: async () => process.exit(7),
  throws: () => new Promise(() => setImmediate(throwError)),
  stalls: () => new Promise(() => {}),
  full: async () => {
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC', syscall: 'rename' })
  },
}

function throwError() {
  throw new Error('out of nowhere')
}

async function touch(path) {
  if (String(path).endsWith(file) && left-- <= 0) await FAULTS[fault](path)
}

fs.promises.readFile = async (path, ...rest) => {
  await touch(path)
  return readFile(path, ...rest)
}
fs.promises.rename = async (from, to) => {
  await touch(to)
  return rename(from, to)
}
threads.Worker = class extends Worker {
  /**
   * Imports this file first, which `--import` does not do in workers of Node 20. From sources a
   * worker is a line of JavaScript.
   */
  constructor(source, options) {
    const body = options?.eval ? source : `import(${JSON.stringify(String(source))})`
    super(`import(${JSON.stringify(import.meta.url)}).then(() => { ${body} })`, {
      ...options,
      eval: true,
    })
  }
}
syncBuiltinESMExports()
