/** How much is done of what may be done in part. */
export interface Counts {
  /** To be rendered by several numbers of workers. */
  batches: number
  /** Iterations of training. */
  iterations: number
  /** Batches of each iteration. @default as the recipe has it */
  accumulate?: number
}
