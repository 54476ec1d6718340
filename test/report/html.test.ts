import test from 'ava'
import { html, jsonForScript } from '../../report/html.js'

test('every value is escaped, in text and in attributes', (t) => {
  const name = `"><script>alert('1')</script>&`
  const escaped = '&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;'
  t.is(html`<a title="${name}">${name}</a>`.text, `<a title="${escaped}">${escaped}</a>`)
})

test('HTML within HTML stays as it is, lists are joined, nothing is nothing', (t) => {
  const cells = ['<', 2].map((value) => html`<td>${value}</td>`)
  t.is(html`<tr>${cells}${undefined}${false}${0}</tr>`.text, '<tr><td>&lt;</td><td>2</td>0</tr>')
})

test('data cannot end the script element that holds it, and is the same when parsed', (t) => {
  const data = { name: '</script><!--<script>&', line: '\u2028', values: [1.5, null] }
  const { text } = jsonForScript(data)
  t.notRegex(text, /[<>&\u2028]/)
  t.deepEqual(JSON.parse(text), data)
})
