import { check } from '../registry/check.js'
import { configSchema } from '../registry/config.js'
import { applyOverrides, parseOverride } from '../registry/overrides.js'
import { type Config, models } from '../registry.js'
import { importConfig } from './import_config.js'

/**
 * Imports a config file, puts `--cfg-options` over it and checks it.
 *
 * @param path a TypeScript or JavaScript module whose default export is a config, or a config in
 *   JSON, relative to the working directory, or `vanilladet/configs/NAME`, one that comes with the
 *   library.
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
