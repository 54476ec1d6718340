/**
 * Annotations, results or parameters that cannot be used.
 *
 * Its message reads as one sentence: where, what, fix.
 */
export class CocoError extends Error {
  override name = 'CocoError'

  /**
   * Reads as one sentence: `where`: what; fix.
   *
   * @param where the file as the user named it, or the call, such as `loadAnns`.
   */
  constructor(where: string, what: string, fix: string) {
    super(`${where}: ${what}; ${fix}`)
  }
}
