/** Takes warnings, each a sentence. */
export type Warn = (message: string) => void

/** Where warnings go, and which have been given there. */
interface Listener {
  warn: Warn
  given: Set<string>
}

const onConsole: Listener = {
  warn: (message) => console.warn(`pycocotools-js: ${message}`),
  given: new Set(),
}
/** The last listens. */
const listeners: Listener[] = [onConsole]

/**
 * Reports a trap of pycocotools that is reproduced here, or of a default: on `console.warn`, once
 * a process for each trap and file; or to who listens.
 *
 * @param trap a short name; a second warning with the same name and file is silent.
 * @param file the data set that it is about, if it is about one.
 */
export function warnOnce(trap: string, message: string, file = ''): void {
  const { warn, given } = listeners[listeners.length - 1]
  const key = `${trap}\n${file}`
  if (given.has(key)) return
  given.add(key)
  warn(message)
}

/** Makes a function that runs another with its warnings going to `warn`, each once. */
export function warningTo(warn: Warn): <T>(run: () => T) => T {
  const listener = { warn, given: new Set<string>() }
  return (run) => {
    listeners.push(listener)
    try {
      return run()
    } finally {
      listeners.pop()
    }
  }
}

/** Makes every warning on the console speak again, as in a new process. For tests. */
export function forgetWarnings(): void {
  onConsole.given.clear()
}
