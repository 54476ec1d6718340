/** Columns that a comment may take, those of the code beside it. */
const WIDTH = 100

/** Line numbers, from 1, of the lines of a TypeScript source whose comment ends behind `WIDTH`. */
export function wideComments(source: string): number[] {
  return source.split('\n').flatMap((line, i) => {
    const isComment = /^\s*(\/\/|\/?\*)|\s\/\/ /.test(line)
    return isComment && line.length > WIDTH ? [i + 1] : []
  })
}
