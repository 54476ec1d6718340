import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ConfigError, DataError } from '../errors.js'
import { check } from '../registry/check.js'
import { configSchema } from '../registry/config.js'
import { applyOverrides, parseOverride } from '../registry/overrides.js'
import { type Config, models } from '../registry.js'

/**
 * Imports a config file, puts `--cfg-options` over it and checks it.
 *
 * @param path a `.ts` or `.js` module whose default export is a config, relative to the working directory.
 * @param overrides items such as `data.batchSize=2`.
 */
export async function loadConfig(path: string, overrides: string[] = []): Promise<Config> {
  return resolveConfig(await importConfig(path), overrides)
}

/** Puts `--cfg-options` over a config and checks it. */
export function resolveConfig(config: unknown, overrides: string[] = []): Config {
  const parsed = overrides.map(parseOverride)
  return check(configSchema(models.schema), applyOverrides(config, parsed))
}

async function importConfig(path: string): Promise<unknown> {
  if (!existsSync(path)) {
    throw new DataError(path, 'there is no such config', 'give the path of a file in configs/')
  }
  let module: { default?: unknown }
  try {
    module = await import(pathToFileURL(resolve(path)).href)
  } catch (error) {
    if (error instanceof ConfigError || error instanceof DataError) throw error
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
    throw new DataError(path, `the config cannot be imported (${reason})`, 'correct the file')
  }
  if (module.default === undefined) {
    throw new DataError(
      path,
      'the config has no default export',
      'write export default defineConfig({ ... })',
    )
  }
  return module.default
}
