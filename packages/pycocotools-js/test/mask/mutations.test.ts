/** The short form of `soak/mask_mutations.ts`. */
import test from 'ava'
import { soakMasks } from '../../soak/mask_soak.js'

test('mutated masks, polygons and boxes give right results or typed errors', (t) => {
  const { warn } = console
  console.warn = () => {} // of boxes in place of polygons
  try {
    const { results, errors, violations } = soakMasks(4000, 7)
    t.deepEqual(violations, [])
    t.true(results > 4000 && errors > 4000, `${results} results, ${errors} errors`)
  } finally {
    console.warn = warn
  }
})
