import { addSentence, textOf } from './add_sentence.js'

/**
 * Runs `work`, then every step of `cleanup`, in order, whatever fails before.
 *
 * @throws the error of `work` if there is one, else the first of `cleanup`; what else failed is
 *   added to its message, so that no error hides another.
 */
export async function withCleanup<Result>(
  work: () => Promise<Result>,
  cleanup: readonly (() => unknown)[],
): Promise<Result> {
  const errors: unknown[] = []
  const keep = (error: unknown) => void errors.push(error)
  const result = await work().catch(keep)
  for (const step of cleanup) {
    try {
      await step()
    } catch (error) {
      keep(error)
    }
  }
  if (errors.length === 0) return result as Result
  throw errors
    .slice(1)
    .reduce((first, other) => addSentence(first, `Then: ${textOf(other)}`), errors[0])
}
