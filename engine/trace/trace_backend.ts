/**
 * Name of the TensorFlow.js backend that records. Apart from it, so that asking for it loads no
 * engine.
 */
export const TRACE_BACKEND = 'vanilladet-trace'
