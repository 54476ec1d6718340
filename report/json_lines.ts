import { readText } from './read_text.js'

/** A file of JSON lines as far as it can be read. */
export interface JsonLines {
  lines: Record<string, unknown>[]
  /** Numbers, from 1, of the lines that hold no object. */
  unreadable: number[]
}

/**
 * Reads a file of JSON lines, leaving out those that cannot be read; undefined where there is no
 * such file.
 */
export async function readJsonLines(path: string): Promise<JsonLines | undefined> {
  const text = await readText(path)
  if (text === undefined) return undefined
  const found: JsonLines = { lines: [], unreadable: [] }
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const value = parse(line)
    if (isRecord(value)) found.lines.push(value)
    else found.unreadable.push(i + 1)
  }
  return found
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
