/** The few error classes. Each message reads as one sentence: where, what, fix. */

/**
 * A config that cannot be built, or a command line that cannot be read. The commands exit with 2.
 */
export class ConfigError extends Error {
  override name = 'ConfigError'

  /**
   * Reads as one sentence: `where` what; fix.
   *
   * @param where the option's name where it is read, such as `outIndices[2]`; `inPart` puts the
   *   path of its part before it, as `--cfg-options` takes it.
   */
  constructor(
    readonly where: string,
    readonly what: string,
    readonly fix: string,
  ) {
    super(`${where} ${what}; ${fix}`)
  }
}

/**
 * Runs `make` for a part of a config: an option that a `ConfigError` of it names gets the part's
 * path, so that `outIndices[2]` becomes `backbone.outIndices[2]`.
 */
export function inPart<Result>(path: string, make: () => Result): Result {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const { where, what, fix } = error
    throw new ConfigError(`${path}.${where}`, what, fix)
  }
}

/**
 * A file of the user's that cannot be used: annotations, an image, a checkpoint. The commands exit
 * with 2.
 */
export class DataError extends Error {
  override name = 'DataError'

  /**
   * Reads as one sentence: `where`: what; fix.
   *
   * @param where the file, as the user named it.
   */
  constructor(where: string, what: string, fix: string) {
    super(`${where}: ${what}; ${fix}`)
  }

  /** An error with a sentence that is there already. */
  static of(sentence: string): DataError {
    const error = new DataError('', '', '')
    error.message = sentence
    return error
  }
}

/** A function that cannot be traced or a graph that cannot be run. */
export class TraceError extends Error {
  override name = 'TraceError'

  /** Reads as one sentence: compile(`name`): what; fix. */
  constructor(name: string, what: string, fix: string) {
    super(`compile(${name}): ${what}; ${fix}`)
  }
}

/**
 * A device, or an engine, that is asked for and not there, or cannot do what it is asked for. The
 * commands exit with 2.
 */
export class DeviceError extends Error {
  override name = 'DeviceError'

  /**
   * Reads as one sentence: `device`: what; fix.
   *
   * @param device its name as `--device` or `--engine` takes it.
   */
  constructor(device: string, what: string, fix: string) {
    super(`${device}: ${what}; ${fix}`)
  }
}

/**
 * Training that cannot go on, for a reason that is neither the config's nor a file's. The commands
 * exit with 1.
 */
export class TrainingError extends Error {
  override name = 'TrainingError'

  /** Reads as one sentence: train: what; fix. */
  constructor(what: string, fix: string) {
    super(`train: ${what}; ${fix}`)
  }
}
