/** Training that cannot go on, for a reason that is neither the config's nor a file's. The commands exit with 1. */
export class TrainingError extends Error {
  override name = 'TrainingError'

  /** Reads as one sentence: train: what; fix. */
  constructor(what: string, fix: string) {
    super(`train: ${what}; ${fix}`)
  }
}
