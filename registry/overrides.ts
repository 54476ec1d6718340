import { ConfigError } from '../errors.js'
import { joinPath, show } from './check.js'

/** One `--cfg-options` item: a path of keys and list indices, and what to put there. */
export interface Override {
  path: (string | number)[]
  value: unknown
}

/**
 * Reads `a.b=value` and `a.list[0]=value`; a value is JSON where it parses as JSON, and text
 * otherwise. `a.b=null` takes the option out.
 */
export function parseOverride(text: string): Override {
  const equals = text.indexOf('=')
  if (equals < 1) {
    throw new ConfigError(
      '--cfg-options',
      `got ${show(text)}, which sets nothing`,
      'write key=value, such as data.batchSize=2',
    )
  }
  const path = text
    .slice(0, equals)
    .split(/\.|\[(\d+)\]/)
    .filter((key) => key !== undefined && key !== '')
    .map((key) => (/^\d+$/.test(key) ? Number(key) : key))
  return { path, value: parseValue(text.slice(equals + 1)) }
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** A copy of `config` with `overrides` put in, in order; groups that are not there yet are made. */
export function applyOverrides(config: unknown, overrides: readonly Override[]): unknown {
  return overrides.reduce((result, { path, value }) => put(result, path, value, []), config)
}

function put(
  node: unknown,
  path: Override['path'],
  value: unknown,
  above: Override['path'],
): unknown {
  if (path.length === 0) return value
  const [key, ...rest] = path
  const here = [...above, key]
  if (Array.isArray(node)) {
    if (typeof key !== 'number' || key > node.length) {
      throw new ConfigError(
        joinPath(here),
        `cannot be set, since ${joinPath(above)} is a list of ${node.length}`,
        `use an index from 0 to ${node.length}`,
      )
    }
    return Object.assign([...node], { [key]: put(node[key], rest, value, here) })
  }
  const group = node ?? {}
  if (typeof group !== 'object') {
    throw new ConfigError(
      joinPath(here),
      `cannot be set, since ${joinPath(above)} is ${show(node)}`,
      `set ${joinPath(above)} itself`,
    )
  }
  if (rest.length === 0 && value === null) {
    return Object.fromEntries(Object.entries(group).filter(([name]) => name !== String(key)))
  }
  const old = Object.hasOwn(group, key) ? (group as Record<string, unknown>)[key] : undefined
  return { ...group, [key]: put(old, rest, value, here) }
}
