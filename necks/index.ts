export { FPN, type FPNOptions } from './fpn.js'
export { Neck } from './neck.js'
