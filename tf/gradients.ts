/**
 * Registers the gradients of TensorFlow.js's operations, and the operations as methods of tensors:
 * `x.add(y)`.
 *
 * `@tensorflow/tfjs-core` has both in a form that Node cannot load, `@tensorflow/tfjs` with 220 MB
 * besides. `build_gradients.ts` makes a bundle of them: a build puts it in the place of this
 * module, so that the package does without the latter, and `npm test` in a cache, which spares
 * each process of its own 0.7 s.
 */
import { existsSync } from 'node:fs'
import type {} from '@tensorflow/tfjs'
import { version_core } from '@tensorflow/tfjs-core'

const bundle = new URL(`../.cache/tf_gradients_${version_core}.js`, import.meta.url)
await import(existsSync(bundle) ? bundle.href : '@tensorflow/tfjs')
