/**
 * Loads an annotation file that is longer than a JavaScript string can be, checks annotations of
 * it, and prints how fast it was and what memory it took. Exits with 1 where that is more than 2.5
 * times the file.
 *
 * Run: npx tsx packages/pycocotools-js/soak/large_file.ts [--bytes 640000000] [--dir FOLDER]
 * [--sample 20000]
 *
 * The file goes to FOLDER, which is a temporary one by default, and is removed.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { COCO } from '../source/index.js'
import { annotationAt, writeAnnotations } from './annotation_writer.js'

const MOST_MEMORY = 2.5

const { values } = parseArgs({
  options: {
    bytes: { type: 'string', default: '640000000' },
    dir: { type: 'string', default: tmpdir() },
    sample: { type: 'string', default: '20000' },
  },
})

const peakBytes = () => process.resourceUsage().maxRSS * 1024
const folder = await mkdtemp(join(values.dir, 'large-file-'))
try {
  const path = join(folder, 'annotations.json')
  const { annotations, bytes } = await writeAnnotations(path, Number(values.bytes))
  console.log(`${annotations} annotations in ${megabytes(bytes)} written`)

  const before = peakBytes()
  const start = performance.now()
  const coco = await COCO.load(path)
  const seconds = (performance.now() - start) / 1000
  const peak = peakBytes()
  console.log(`loaded in ${seconds.toFixed(2)} s, ${megabytes(bytes / seconds)}/s`)
  console.log(`memory at most ${megabytes(peak)}, of which ${megabytes(before)} before loading`)

  assert.equal(coco.rows.length, annotations)
  const sample = Math.min(annotations, Number(values.sample))
  for (let i = 0; i < sample; i++) {
    const row = Math.floor((i * annotations) / sample)
    const expected = annotationAt(row)
    assert.deepEqual(coco.rows.at(row), expected)
    assert.deepEqual(coco.loadAnns(expected.id), [expected])
  }
  console.log(`${sample} annotations are as they were written`)

  const ratio = peak / bytes
  const isTooMuch = ratio > MOST_MEMORY
  console.log(
    `memory is ${ratio.toFixed(2)} times the file; ${isTooMuch ? 'more than' : 'at most'} ${MOST_MEMORY} is allowed`,
  )
  if (isTooMuch) process.exitCode = 1
} finally {
  await rm(folder, { recursive: true, force: true })
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`
}
