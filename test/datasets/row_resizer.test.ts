import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'
import { rowResizer } from '../../datasets/row_resizer.js'
import { bilinearTaps } from '../../datasets/taps.js'

// WORKED BY HAND: 4 pixels to 2 take the middles of 0 and 1, of 2 and 3; 10 and 20 in 1/128 are
// 1920.
test('a row of four pixels becomes one of two, and two rows their blend', (t) => {
  const image = Uint8Array.of(
    ...[10, 0, 255, 20, 0, 255, 30, 8, 0, 50, 0, 0],
    ...[0, 100, 255, 0, 100, 255, 0, 0, 0, 0, 0, 0],
  )
  const resizer = rowResizer(image, 4, bilinearTaps(4, 2))
  const [upper, lower] = resizer.places
  resizer.resizeRow(0, upper)
  resizer.resizeRow(1, lower)
  t.deepEqual([...resizer.blendRows(upper, lower, 0)], [15, 0, 255, 40, 4, 0])
  t.deepEqual([...resizer.blendRows(upper, lower, 2048)], [0, 100, 255, 0, 0, 0])
  t.deepEqual([...resizer.blendRows(upper, lower, 512)], [11, 25, 255, 30, 3, 0])
})

test('memory for very long rows is given back', async (t) => {
  const source = (name: string) =>
    JSON.stringify(new URL(`../../datasets/${name}.ts`, import.meta.url).href)
  const script = `
    import { rowResizer } from ${source('row_resizer')}
    import { bilinearTaps } from ${source('taps')}
    const image = new Uint8Array(3)
    const before = process.memoryUsage().rss
    for (let i = 0; i < 20; i++) {
      rowResizer(image, 1, bilinearTaps(1, 2_000_000))
      await new Promise((resolve) => setImmediate(resolve))
    }
    gc()
    await new Promise((resolve) => setTimeout(resolve, 50))
    gc()
    console.log(process.memoryUsage().rss - before)
  `
  const cwd = fileURLToPath(new URL('../..', import.meta.url))
  const flags = ['--expose-gc', '--import=tsx', '--input-type=module', '--eval', script]
  const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd })
  // of 16 million that each one writes
  t.true(Number(stdout) < 120e6, `${stdout.trim()} bytes are held`)
})
