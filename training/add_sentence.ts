/**
 * An error with one more sentence at the end of its message: itself, so that its class and stack
 * stay.
 */
export function addSentence(error: unknown, sentence: string): Error {
  if (!(error instanceof Error)) return new Error(joined(String(error), sentence))
  const message = joined(error.message, sentence)
  try {
    error.message = message
    return error
  } catch {
    return new Error(message, { cause: error }) // a frozen one
  }
}

/** Message of an error, whatever was thrown. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function joined(text: string, sentence: string): string {
  return `${/[.!?]$/.test(text) ? text : `${text}.`} ${sentence}`
}
