/**
 * Reads and parses both files and does nothing with them; a line of JSON. bench/coco_eval.ts runs
 * it.
 */
import { readFile } from 'node:fs/promises'
import { peakBytes } from './peak_memory.js'

const [annotations, results] = process.argv.slice(2)

const started = performance.now()
const groundTruth: unknown = JSON.parse(await readFile(annotations, 'utf8'))
const loaded = performance.now()
const detections: unknown = JSON.parse(await readFile(results, 'utf8'))
const done = performance.now()

const [load, loadRes, total] = [loaded - started, done - loaded, done - started].map(
  (milliseconds) => milliseconds / 1000,
)
const isThere = groundTruth !== null && detections !== null // both are held until here
if (isThere)
  console.log(JSON.stringify({ seconds: { load, loadRes, total }, peakBytes: peakBytes() }))
