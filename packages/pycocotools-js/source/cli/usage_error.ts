/** A command line that cannot be understood. Its message reads as one sentence: what; fix. */
export class UsageError extends Error {
  override name = 'UsageError'

  constructor(what: string, fix: string) {
    super(`${what}; ${fix}`)
  }
}
