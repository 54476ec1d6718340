const SPACE = /[ \t\n\r]*/y
const TEXT = /"[ !#-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[ !#-[\]-\uffff]*)*"/y
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y

/** Where a text stops being JSON. Line and column count from 1. */
export interface JsonPlace {
  line: number
  column: number
  /** What stands there, such as `"}"`, or `the end of the text`. */
  found: string
  /** What JSON has there, such as `a value`. */
  expected: string
}

/**
 * Finds the first place where `text` is not JSON; null where all of it is.
 *
 * `JSON.parse` names the place in some versions of V8 and for some errors only. This is slower, and runs only after it failed.
 */
export function findJsonError(text: string): JsonPlace | null {
  const open: ('{' | '[')[] = []
  let offset = 0

  const take = (token: RegExp): boolean => {
    token.lastIndex = offset
    if (!token.test(text)) return false
    offset = token.lastIndex
    return true
  }

  let isFirst = false // just inside a bracket, which may close at once
  for (;;) {
    take(SPACE)
    if (isFirst && closes(open.at(-1), text[offset])) {
      open.pop()
      offset++
    } else {
      if (open.at(-1) === '{') {
        if (!take(TEXT)) return place(text, offset, 'a quoted key')
        take(SPACE)
        if (text[offset] !== ':') return place(text, offset, 'a colon')
        offset++
      }
      take(SPACE)
      const opening = text[offset]
      isFirst = opening === '{' || opening === '['
      if (isFirst) {
        open.push(opening as '{' | '[')
        offset++
        continue
      }
      if (!take(TEXT) && !take(SCALAR)) return place(text, offset, 'a value')
    }
    isFirst = false
    for (take(SPACE); closes(open.at(-1), text[offset]); take(SPACE)) {
      open.pop()
      offset++
    }
    if (open.length === 0) break
    if (text[offset] !== ',')
      return place(text, offset, `a comma or "${open.at(-1) === '{' ? '}' : ']'}"`)
    offset++
  }
  return offset === text.length ? null : place(text, offset, 'the end of the text')
}

function closes(opening: '{' | '[' | undefined, character: string | undefined): boolean {
  return (opening === '{' && character === '}') || (opening === '[' && character === ']')
}

function place(text: string, offset: number, expected: string): JsonPlace {
  const lines = text.slice(0, offset).split('\n')
  const token = /^[\w.+-]{1,20}/.exec(text.slice(offset, offset + 20))?.[0] ?? text[offset]
  return {
    line: lines.length,
    column: lines[lines.length - 1].length + 1,
    found: token === undefined ? 'the end of the text' : JSON.stringify(token),
    expected,
  }
}
