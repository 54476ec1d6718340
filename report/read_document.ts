import { readFile } from 'node:fs/promises'
import type { z } from 'zod'
import { DataError } from '../errors.js'

/**
 * Reads a JSON file of a known form; `what` is reported of one of another form, such as
 * `is no benchmark document`.
 */
export async function readDocument<Document>(
  file: string,
  schema: z.ZodType<Document>,
  { what, fix }: { what: string; fix: string },
): Promise<Document> {
  let parsed: unknown
  try {
    parsed = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new DataError(
      file,
      code === undefined ? 'holds no JSON' : `cannot be read (${code})`,
      fix,
    )
  }
  const checked = schema.safeParse(parsed)
  if (checked.success) return checked.data
  const [{ path, message }] = checked.error.issues
  const where = path.length > 0 ? `${path.join('.')}: ${message}` : message
  throw new DataError(file, `${what} (${where})`, fix)
}
