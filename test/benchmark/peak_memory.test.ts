import test from 'ava'
import { peakMemoryDuring } from '../../benchmark/peak_memory.js'

const MEBIBYTE = 2 ** 20

/** Memory that was written to, so that it is resident. */
const resident = (mebibytes: number) => new Uint8Array(mebibytes * MEBIBYTE).fill(1)

test('the peak counts what the work held for a while, not what was let go of before', async (t) => {
  if (process.platform !== 'linux') {
    t.is(await peakMemoryDuring(async () => {}), null)
    return
  }
  t.is(resident(300).length, 300 * MEBIBYTE)
  const idle = (await peakMemoryDuring(async () => {})) as number
  const busy = (await peakMemoryDuring(async () => resident(200).length)) as number
  t.true(busy - idle > 150, `${idle} MiB, then ${busy} MiB`)
  t.true(busy - idle < 290, `${idle} MiB, then ${busy} MiB`)
})
