import koffi from 'koffi'

/**
 * Stack size that a thread of the system has. koffi's own 128 KiB for asynchronous calls are too
 * few for some of ONNX Runtime's kernels.
 */
const STACK_BYTES = 8 * 2 ** 20

// Koffi takes it before the first library only
koffi.config({ sync_stack_size: STACK_BYTES, async_stack_size: STACK_BYTES })

/** Calls functions of shared libraries. */
export { koffi }
