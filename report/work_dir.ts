import { stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { DataError } from '../errors.js'
import { isRecord, type JsonLines, readJsonLines } from './json_lines.js'
import { readText } from './read_text.js'

/** The files of a training run, as far as they are there. */
export interface WorkDir {
  /** What the run is called: its folder's name, or what the user calls it. */
  name: string
  path: string
  /** `config.json`, unchecked. */
  config: Record<string, unknown> | undefined
  metrics: JsonLines | undefined
  evaluations: JsonLines | undefined
}

/**
 * Reads the work dir of a training run.
 *
 * @param argument a folder, or `NAME=FOLDER`, which calls the run by a name.
 */
export async function readWorkDir(argument: string): Promise<WorkDir> {
  const { name, path } = await nameAndPath(argument)
  const [config, metrics, evaluations] = await Promise.all([
    readConfig(join(path, 'config.json')),
    readJsonLines(join(path, 'metrics.jsonl')),
    readJsonLines(join(path, 'evaluations.jsonl')),
  ])
  if (config === undefined && metrics === undefined) {
    throw new DataError(
      path,
      'is no work dir, since it has neither config.json nor metrics.jsonl',
      'give a folder that vanilladet train wrote',
    )
  }
  return { name, path, config: isRecord(config) ? config : undefined, metrics, evaluations }
}

/** What a run is called, and its folder: `NAME=FOLDER` calls it by a name. */
export async function nameAndPath(argument: string): Promise<{ name: string; path: string }> {
  const named = /^([^=/\\]+)=(.+)$/.exec(argument)
  for (const path of named ? [argument, named[2]] : [argument]) {
    const found = await stat(path).catch(() => undefined)
    if (!found?.isDirectory()) continue
    return { name: path === argument ? basename(resolve(path)) : (named?.[1] ?? ''), path }
  }
  throw new DataError(
    named ? named[2] : argument,
    'there is no such work dir',
    'give a folder that vanilladet train wrote',
  )
}

/** What the file holds; null where that is no JSON, undefined where there is none. */
async function readConfig(path: string): Promise<unknown> {
  const text = await readText(path)
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return null
  }
}
