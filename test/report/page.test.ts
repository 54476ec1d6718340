import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { buildReport } from '../../report/build_report.js'
import { bundlePage } from '../../report/bundle.js'
import { renderPage } from '../../report/page/page.js'
import { temporaryFolder } from '../datasets/coco_folder.js'
import { benchmarkDocument } from './benchmark_document.js'

const PARTS = { script: 'void 0', style: 'body{margin:0}' }
const now = new Date('2024-05-06T07:08:09Z')

/** A page about a work dir with nothing but this config in it. */
async function pageOf(t: ExecutionContext, config: unknown, name = 'run'): Promise<string> {
  const path = join(await temporaryFolder(t), name)
  await mkdir(path)
  await writeFile(join(path, 'config.json'), JSON.stringify(config))
  const { document, pictures } = await buildReport({ workDirs: [path], benchmarks: [], now })
  return renderPage(document, pictures, PARTS)
}

test('texts from configs and names of folders are escaped', async (t) => {
  const evil = '<img src=x onerror=alert(1)>'
  const page = await pageOf(t, { model: { type: evil } }, `${evil} "run"`)
  t.notRegex(page, /<img/)
  t.regex(page, /<h2>&lt;img src=x onerror=alert\(1\)&gt; &quot;run&quot;<\/h2>/)
  const data = /<script type="application\/json" id="report">(.*?)<\/script>/.exec(page)?.[1] ?? ''
  t.is(JSON.parse(data).runs[0].model, evil)
})

test('a run with nothing but a broken config says what is missing', async (t) => {
  const page = await pageOf(t, [])
  for (const sentence of [
    'run: Not counted: config.json is missing, or cannot be read.',
    'metrics.jsonl is missing, so there are no curves of the loss.',
    'No evaluation yet: set evaluation.interval in its config to evaluate while it trains.',
    'The validation set is not known: config.json is missing, or cannot be read.',
    'No pictures, for the reason that stands above the classes.',
    'No benchmark is in this report:',
  ]) {
    t.true(page.includes(`<li>${sentence}`), sentence)
  }
})

test('a report of benchmarks alone has the published figures beside them', async (t) => {
  const file = join(await temporaryFolder(t), 'benchmark.json')
  await writeFile(file, JSON.stringify(benchmarkDocument()))
  const { document, pictures } = await buildReport({ workDirs: [], benchmarks: [file], now })
  const page = renderPage(document, pictures, PARTS)
  t.regex(page, /<li>No run is in this report/)
  t.regex(page, /A processor &lt;b&gt;, 2 cores/)
  t.regex(page, /<strong class="doubt">not a result: spread 10\.0\u00a0%<\/strong>/)
  const row = /<tr><th scope="row">retinanet_swin_t<\/th><td>.*?<\/tr>/s.exec(page)?.[0] ?? ''
  t.regex(
    row,
    /data-value="0\.641">0\.641<.*data-value="27\.5">27\.5</s,
    'FPS here, then on an A100',
  )
})

test('only the style and the script of the page are allowed, by their hashes', async (t) => {
  const page = await pageOf(t, {})
  const policy = /Content-Security-Policy" content="(.*?)"/.exec(page)?.[1].replaceAll('&#39;', "'")
  const hash = (text: string) => createHash('sha256').update(text).digest('base64')
  t.is(
    policy,
    `default-src 'none'; img-src data:; style-src 'sha256-${hash(PARTS.style)}'; script-src 'sha256-${hash(PARTS.script)}'; base-uri 'none'; form-action 'none'`,
  )
  t.notRegex(page, / style="| on\w+="/, 'the policy would drop these')
})

test('the bundle holds the charts, and names no other place', async (t) => {
  const { script, style } = await bundlePage()
  t.true(script.length > 100_000 && script.length < 400_000, `${script.length} characters`)
  t.notRegex(script, /\bimport\s*\(|\brequire\(|<\/script/)
  t.notRegex(style, /url\(|@import/)
  t.regex(script, /Chart\.js v\d/, 'the notice of its licence stays')
})
