import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import test from 'ava'
import { stateOf, thisProcess } from '../../training/lock_owner.js'

const onLinux = process.platform === 'linux' ? test : test.skip

test('this process is alive, and says where and when', async (t) => {
  const owner = await thisProcess()
  t.is(owner.pid, process.pid)
  t.is(owner.host, hostname())
  t.true(Math.abs(Date.parse(owner.since) - Date.now()) < 60_000)
  t.is(await stateOf(owner), 'alive')
  t.is(await stateOf({ ...owner, linux: undefined }), 'alive')
})

test('a process that has ended is gone', async (t) => {
  const child = spawn(process.execPath, ['--version'])
  await once(child, 'close')
  const owner = { ...(await thisProcess()), pid: child.pid! }
  t.is(await stateOf(owner), 'gone')
  t.is(await stateOf({ ...owner, linux: undefined }), 'gone')
})

test('of a process on another host nothing is known', async (t) => {
  t.is(await stateOf({ ...(await thisProcess()), host: 'elsewhere' }), 'unknown')
})

onLinux('a process that got the number of one before it is not that one', async (t) => {
  const { linux, ...owner } = await thisProcess()
  t.is(await stateOf({ ...owner, linux: { ...linux!, startTicks: '1' } }), 'gone')
})

onLinux('after a restart of the machine all processes before it are gone', async (t) => {
  const { linux, ...owner } = await thisProcess()
  t.is(await stateOf({ ...owner, linux: { ...linux!, boot: 'another' } }), 'gone')
})

onLinux('of a process in another container nothing is known', async (t) => {
  const { linux, ...owner } = await thisProcess()
  t.is(await stateOf({ ...owner, linux: { ...linux!, pidNamespace: 'pid:[1]' } }), 'unknown')
})

onLinux('a killed process whose parent has not noticed is gone', async (t) => {
  const child = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'])
  const [text] = await once(child.stdout, 'data')
  const pid = Number(String(text))
  const statOf = async () => await readFile(`/proc/${pid}/stat`, 'utf8')
  while (!/\) Z /.test(await statOf())) await new Promise((resolve) => setTimeout(resolve, 20))
  const startTicks = (await statOf()).split(') ')[1].split(' ')[19]
  const { linux, ...owner } = await thisProcess()
  t.is(await stateOf({ ...owner, pid, linux: { ...linux!, startTicks } }), 'gone')
  child.kill()
})
