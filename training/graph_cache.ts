/**
 * What a loaded graph of a training step takes on the host. Measured: 20 to 45 MB each for
 * RetinaNet with VanillaNet-13 and 20 to 90 MB for Mask R-CNN, whatever the input shape; 14 MB for
 * the network of the demo.
 */
const GRAPH_BYTES = 64e6

/**
 * Share of the memory that is free when training starts; the rest is for activations, state and
 * data.
 */
const SHARE_OF_MEMORY = 1 / 4

/** How many graphs are kept at a time. */
export interface GraphCache {
  /** Undefined: what the engine keeps of itself. */
  cacheSize: number | undefined
  /** Said where not all can be kept. */
  note: string | undefined
}

/**
 * Keeps a graph for each input shape, as far as memory allows.
 *
 * @param shapeCount how many there are, where that is known.
 * @param freeBytes memory that is free now.
 */
export function graphCache(shapeCount: number | undefined, freeBytes: number): GraphCache {
  if (shapeCount === undefined) return { cacheSize: undefined, note: undefined }
  const cacheSize = Math.max(1, Math.floor((freeBytes * SHARE_OF_MEMORY) / GRAPH_BYTES))
  if (cacheSize >= shapeCount) return { cacheSize: shapeCount, note: undefined }
  const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(1)
  const note =
    `keeps the graphs of ${cacheSize} of ${shapeCount} input shapes, as ${gigabytes(freeBytes)} GB of memory are free and a ` +
    `graph takes about ${Math.round(GRAPH_BYTES / 1e6)} MB: the others are made anew each time they come; set a lower data.shapes`
  return { cacheSize, note }
}
