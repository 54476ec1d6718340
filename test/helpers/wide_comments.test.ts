import test from 'ava'
import { wideComments } from './wide_comments.js'

test('comments of all kinds wrap at 100 columns, code and strings are the formatter’s', (t) => {
  const words = 'x'.repeat(94)
  const source = [
    `// ${words}xxx`,
    `// ${words}xxxx`,
    `/** ${words} */`,
    ` * ${words}xxxx`,
    `const a = 1 // ${words}`,
    `const b = '${words}'`,
  ]
  t.deepEqual(wideComments(source.join('\n')), [2, 3, 4, 5])
})
