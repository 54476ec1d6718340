/**
 * Stands in the bundle in place of `koffi`, whose loader looks for the native module in folders of
 * packages: here it lies beside.
 */
import { createRequire } from 'node:module'

export default createRequire(import.meta.url)('./koffi.node')
