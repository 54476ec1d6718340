/** The bytes that JSON is made of. */
export const TAB = 9
export const LINE_FEED = 10
export const CARRIAGE_RETURN = 13
export const SPACE = 32
export const QUOTE = 34
export const PLUS = 43
export const COMMA = 44
export const MINUS = 45
export const POINT = 46
export const SLASH = 47
export const DIGIT_0 = 48
export const DIGIT_9 = 57
export const COLON = 58
export const UPPER_E = 69
export const OPEN_LIST = 91
export const BACKSLASH = 92
export const CLOSE_LIST = 93
export const LOWER_E = 101
export const LOWER_U = 117
export const OPEN_OBJECT = 123
export const CLOSE_OBJECT = 125

/** Distance from `[` to `]`, and from `{` to `}`. */
export const OPEN_TO_CLOSE = 2

/** 1 for the bytes that numbers and words are made of: letters, digits, `_ . + -`. */
export const IS_WORD = new Uint8Array(256)
for (const character of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-')
  IS_WORD[character.charCodeAt(0)] = 1

/**
 * 1 for the bytes that stand for themselves in a string: ASCII but control characters, quote and
 * backslash.
 */
export const IS_PLAIN = new Uint8Array(256).fill(1, SPACE, 128)
IS_PLAIN[QUOTE] = 0
IS_PLAIN[BACKSLASH] = 0
