/**
 * A mask that cannot be used. Whoever catches it knows whose mask it is, and states it in a
 * `CocoError`.
 */
export class MaskFault extends Error {
  override name = 'MaskFault'
  readonly what: string
  readonly fix: string

  /** @param what goes on after the mask's name, such as `has a run of -3 pixels`. */
  constructor(what: string, fix: string) {
    super(`the mask ${what}; ${fix}`)
    this.what = what
    this.fix = fix
  }
}
