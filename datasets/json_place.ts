/** Where a text stops being JSON. */
export interface JsonFault {
  /** From 1. */
  line: number
  /** From 1, in UTF-16 units. */
  column: number
  /** The first few characters that do not belong; empty at the end of the text. */
  found: string
}

const LITERAL = /true|false|null/y
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y
const SPACES = ' \t\n\r'
const LEVELS = { '{': '}', '[': ']' } as const

/**
 * The place where `text` breaks JSON's grammar, or `undefined` where it keeps to it. `JSON.parse` tells
 * the place in some of its messages only, and not in the same way in every Node.
 *
 * Source: the grammar of RFC 8259. Written without recursion, so that depth is no limit.
 */
export function findJsonFault(text: string): JsonFault | undefined {
  const closers: ('}' | ']')[] = []
  let position = 0
  let expected: 'value' | 'value or close' | 'key' | 'key or close' | 'comma or close' = 'value'

  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = position
    if (!pattern.test(text)) return false
    position = pattern.lastIndex
    return true
  }

  const skipSpace = (): void => {
    while (position < text.length && SPACES.includes(text[position])) position++
  }

  // Character by character: a pattern for whole strings overflows the stack on long ones.
  const skipString = (): boolean => {
    if (text[position] !== '"') return false
    const start = position++
    while (text[position] !== '"') {
      const isPlain = text[position] >= ' ' && text[position] !== '\\'
      if (isPlain) position++
      else if (!skip(ESCAPE)) {
        position = start
        return false
      }
    }
    position++
    return true
  }

  for (;;) {
    skipSpace()
    const character = text[position]
    const closer = closers.at(-1)
    const mayClose = expected.endsWith('or close')
    if (expected === 'comma or close' && closer === undefined) {
      return character === undefined ? undefined : faultAt(text, position)
    }
    if (mayClose && character === closer) {
      closers.pop()
      position++
      expected = 'comma or close'
    } else if (expected === 'comma or close') {
      if (character !== ',') return faultAt(text, position)
      position++
      expected = closer === '}' ? 'key' : 'value'
    } else if (expected.startsWith('key')) {
      if (!skipString()) return faultAt(text, position)
      skipSpace()
      if (text[position] !== ':') return faultAt(text, position)
      position++
      expected = 'value'
    } else if (character === '{' || character === '[') {
      closers.push(LEVELS[character])
      position++
      expected = character === '{' ? 'key or close' : 'value or close'
    } else {
      if (!skipString() && !skip(NUMBER) && !skip(LITERAL)) return faultAt(text, position)
      expected = 'comma or close'
    }
  }
}

function faultAt(text: string, position: number): JsonFault {
  const before = text.slice(0, position)
  const lineStart = before.lastIndexOf('\n') + 1
  return {
    line: before.split('\n').length,
    column: position - lineStart + 1,
    found: text.slice(position, position + 12).split(/\s/)[0],
  }
}
