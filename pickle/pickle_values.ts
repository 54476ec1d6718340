/** A class or function that a pickle names. It is never looked up, so it can do nothing. */
export class Global {
  readonly module: string
  readonly name: string

  constructor(module: string, name: string) {
    this.module = module
    this.name = name
  }

  /** Dotted path, as in `collections.OrderedDict`. */
  get path(): string {
    return `${this.module}.${this.name}`
  }
}

/** Stands in for an object that would have been made by a global that is not on the list. */
export class Opaque {
  /** Path of the global. */
  readonly of: string

  constructor(of: string) {
    this.of = of
  }
}

/**
 * What a pickle holds: dictionaries are maps; lists, tuples and sets are arrays; whole numbers
 * beyond the exact ones of a `number` are bigints. `Extra` is what its reader adds, such as
 * tensors.
 */
export type PickleValue<Extra> =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Global
  | Opaque
  | PickleValue<Extra>[]
  | Map<PickleValue<Extra>, PickleValue<Extra>>
  | Extra
