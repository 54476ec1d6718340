import { fileURLToPath } from 'node:url'
import { ConfigError } from '../errors.js'

const MARK = Symbol.for('vanilladet.engine')

/**
 * Refuses a second copy of the library in one program, before it registers anything: TensorFlow.js
 * has one registry of kernels, and networks that are registered in one copy are unknown to the
 * other.
 *
 * @param url of the module that registers.
 * @throws ConfigError
 */
export function requireOneCopy(url: string): void {
  const marked = globalThis as { [MARK]?: string }
  marked[MARK] ??= url
  if (marked[MARK] === url) return
  const [second, first] = [url, marked[MARK]].map((copy) => fileURLToPath(new URL('../..', copy)))
  throw new ConfigError(
    'vanilladet',
    `is loaded a second time, from ${second} beside ${first}`,
    'import it from one place',
  )
}
