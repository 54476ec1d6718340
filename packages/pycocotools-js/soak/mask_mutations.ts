/**
 * Throws a million mutated run-length strings, polygons, boxes and masks at the mask functions.
 *
 * Run: npx tsx packages/pycocotools-js/soak/mask_mutations.ts [--count 1000000] [--seed 1]
 *
 * It takes some minutes, prints one line, and exits with 1 where anything but a right result or a
 * typed error came out: then it prints the inputs, too.
 */
import { parseArgs } from 'node:util'
import { soakMasks } from './mask_soak.js'

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
  },
})
Error.stackTraceLimit = 0 // a million traces take minutes
console.warn = () => {} // of boxes in place of polygons
const start = performance.now()
const { inputs, results, errors, violations } = soakMasks(Number(values.count), Number(values.seed))
const seconds = (performance.now() - start) / 1000
for (const violation of violations) console.log(violation)
console.log(
  `seed ${values.seed}: ${inputs} inputs, ${results} results, ${errors} typed errors, ` +
    `${violations.length} violations, ${seconds.toFixed(0)} s`,
)
if (violations.length > 0) process.exitCode = 1
