import { forgetWarnings } from '../source/warn_once.js'

/**
 * What `run`, which must not wait for anything, prints on `console.warn` in a process that has not
 * warned yet.
 */
export function warningsOf(run: () => void): string[] {
  const warnings: string[] = []
  const { warn } = console
  console.warn = (message: string) => void warnings.push(message)
  forgetWarnings()
  try {
    run()
  } finally {
    console.warn = warn
  }
  return warnings
}
