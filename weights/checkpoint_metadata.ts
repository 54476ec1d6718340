import { DataError } from '../errors.js'
import { readSafetensorsHeader } from './safetensors.js'

/**
 * What a checkpoint records of itself; written to both of its files, which belong together if it is
 * equal.
 */
export interface CheckpointMetadata {
  /** Iterations done. */
  iteration: number
  iterationsPerEpoch: number
  seed: number
  /** `RANDOM_VERSION` of `nn/`; absent before there were versions. */
  randomVersion?: number
  /** Names of the classes, by label. */
  classes: readonly string[]
  /**
   * Deep-training lambda of the last update; 1 without deep training. The weights, averages
   * included, are those of a network with this lambda: it is evaluated and exported so, and merged
   * only at 1.
   */
  lambda: number
  /** The resolved config. */
  config: unknown
}

/** Key of the JSON text in the metadata of a safetensors file. */
export const METADATA_KEY = 'vanilladet'

/** What a checkpoint records of itself; undefined for a weights file from elsewhere. */
export async function readCheckpointMetadata(
  path: string,
): Promise<CheckpointMetadata | undefined> {
  const { metadata } = await readSafetensorsHeader(path)
  return parseMetadata(path, metadata[METADATA_KEY])
}

/** `text` is that of `METADATA_KEY`, if there was one. */
export function parseMetadata(
  path: string,
  text: string | undefined,
): CheckpointMetadata | undefined {
  return parseJson<CheckpointMetadata>(path, text)
}

/** @throws DataError where `text`, of the metadata of the file at `path`, is not JSON. */
export function parseJson<Value>(path: string, text: string | undefined): Value | undefined {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as Value
  } catch {
    throw new DataError(path, 'its metadata is not JSON', 'give a checkpoint as it was saved')
  }
}
