import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import { DataError } from '../../errors.js'
import { adaptNames } from '../../pretrained/adapt_names.js'
import { readPretrained } from '../../pretrained/read_pretrained.js'
import { temporaryFolder } from '../datasets/coco_folder.js'
import { pthFixture } from './pth_fixture.js'

/** A file of each layout, small enough that most bytes matter. */
const FILES = ['checkpoint_protocol4', 'views', 'views_zip64', 'views_legacy', 'malicious']

/** What a damaged file may do: be read after all, or be refused. */
async function outcome(path: string): Promise<string> {
  try {
    const adapted = adaptNames(await readPretrained(path))
    for (const tensor of Object.values(adapted.tensors)) await tensor.read()
    return 'read'
  } catch (error) {
    if (error instanceof DataError && error.message.startsWith(`${path}: `)) return 'refused'
    throw error
  }
}

for (const name of FILES) {
  const whole = readFileSync(pthFixture(name))

  test(`bytes changed at random give a result or a DataError: ${name}.pth`, async (t) => {
    const path = join(await temporaryFolder(t), 'damaged.pth')
    const change = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }))
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
        const damaged = Buffer.from(whole)
        for (const [position, byte] of changes) damaged[position] = byte
        await writeFile(path, damaged)
        seen.add(await outcome(path))
      }),
      { numRuns: 150, seed: 1 },
    )
    t.deepEqual([...seen].sort(), ['read', 'refused'])
  })

  test(`a file cut short anywhere is refused with a DataError: ${name}.pth`, async (t) => {
    const path = join(await temporaryFolder(t), 'cut.pth')
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), async (length) => {
        await writeFile(path, whole.subarray(0, length))
        t.is(await outcome(path), 'refused')
      }),
      { numRuns: 40, seed: 2 },
    )
  })
}
