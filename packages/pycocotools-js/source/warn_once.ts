const warned = new Set<string>()

/**
 * Tells of a trap of pycocotools that is reproduced here: on `console.warn`, once a process for each trap.
 *
 * @param trap a short name; a second warning with the same name is silent.
 */
export function warnOnce(trap: string, message: string): void {
  if (warned.has(trap)) return
  warned.add(trap)
  console.warn(`pycocotools-js: ${message}`)
}

/** Makes every warning speak again, as in a new process. For tests. */
export function forgetWarnings(): void {
  warned.clear()
}
