import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { renderText } from '../../drawing/render_text.js'

test('texts of one size have one height, and longer ones more width', async (t) => {
  const texts = ['a', 'gypsy', 'person 0.98', 'Å']
  const [a, gypsy, person, ring] = await Promise.all(texts.map((text) => renderText(text, 14)))
  for (const { height } of [gypsy, person, ring]) t.is(height, a.height)
  t.true(a.height >= 12 && a.height <= 18, `${a.height}`)
  t.true(a.width >= 7 && a.width <= 10, `${a.width}`)
  t.true(person.width > gypsy.width && gypsy.width > 3 * a.width)
})

test('a text begins with ink and ends with it', async (t) => {
  const { data, width, height } = await renderText('dog', 20)
  const inkIn = (column: number) =>
    Array.from({ length: height }, (_, row) => data[row * width + column]).some(
      (value) => value > 0,
    )
  t.true(inkIn(0))
  t.true(inkIn(width - 1))
  t.true(data.includes(255))
})

test('signs of markup are letters like others', async (t) => {
  const [marked, plain] = await Promise.all([renderText('<b>&amp;', 14), renderText('b', 14)])
  t.true(marked.width > 5 * plain.width)
})

test('a text that is written from right to left is whole, and without the ruler', async (t) => {
  const [word, caption] = await Promise.all(['כלב', 'כלב 0.98'].map((text) => renderText(text, 20)))
  const { data, width, height } = word
  const inkIn = (column: number) =>
    Array.from({ length: height }, (_, row) => data[row * width + column]).filter(
      (value) => value > 0,
    ).length
  for (let column = 0; column < width; column++) t.true(inkIn(column) < height, `${column}`)
  t.true(width > 25, `${width}`)
  t.true(caption.width > width + 30, `${caption.width}`)
})

test('an empty text has no width, and line breaks are blanks', async (t) => {
  t.is((await renderText(' \n', 14)).width, 0)
  t.deepEqual(await renderText('a\n\tb', 14), await renderText('a b', 14))
})

test('a machine without fonts draws the same letters', async (t) => {
  const { data } = await renderText('person 0.98', 14)
  const file = new URL('../../drawing/render_text.ts', import.meta.url).href
  const program = `import { renderText } from ${JSON.stringify(file)}
    const { data } = await renderText('person 0.98', 14)
    process.stdout.write(Buffer.from(data).toString('hex'))`
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [`--import=${import.meta.resolve('tsx')}`, '--input-type=module', '--eval', program],
    {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      encoding: 'utf8',
      env: { ...process.env, FONTCONFIG_FILE: '/nowhere', FONTCONFIG_PATH: '/nowhere' },
    },
  )
  t.is(stdout, Buffer.from(data).toString('hex'), stderr)
})
