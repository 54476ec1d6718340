/** The page in a headless Chromium: that of CHROMIUM, or of the usual places. */
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { buildReport } from '../../report/build_report.js'
import { bundlePage } from '../../report/bundle.js'
import { chartsOf } from '../../report/charts_of.js'
import type { ReportDocument } from '../../report/document.js'
import { renderPage } from '../../report/page/page.js'
import { benchmarkDocument } from './benchmark_document.js'
import { cudaDocument } from './cuda_document.js'
import { syntheticRun } from './synthetic_run.js'

const executablePath = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
].find((path): path is string => path !== undefined && existsSync(path))

/** A report as a file, its document, and a browser that closes when the test ends. */
interface Opened {
  document: ReportDocument
  browser: Browser
  url: string
}

/** The page about two runs and two benchmarks, and the document it shows. */
async function reportPage(t: ExecutionContext) {
  const { workDir, folder } = await syntheticRun(t)
  const second = await syntheticRun(t, 'second')
  const benchmark = join(folder, 'benchmark.json')
  await writeFile(benchmark, JSON.stringify(benchmarkDocument()))
  const cuda = join(folder, 'cuda.json')
  await writeFile(cuda, JSON.stringify(cudaDocument()))
  const { document, pictures } = await buildReport({
    workDirs: [workDir, second.workDir],
    benchmarks: [benchmark],
    cuda: [cuda],
    now: new Date('2024-05-06T07:08:09Z'),
  })
  return { folder, document, html: renderPage(document, pictures, await bundlePage()) }
}

async function openReport(t: ExecutionContext): Promise<Opened> {
  const { folder, document, html } = await reportPage(t)
  const file = join(folder, 'report.html')
  await writeFile(file, html)
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'], timeout: 0 })
  t.teardown(() => browser.close())
  return { document: JSON.parse(JSON.stringify(document)), browser, url: pathToFileURL(file).href }
}

/** The page in a window, and what it asks for and complains of. */
async function openPage({ browser, url }: Opened, options: BrowserContextOptions = {}) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options })
  page.setDefaultTimeout(0)
  const requests: string[] = []
  const complaints: string[] = []
  page.on('request', (request) => requests.push(request.url()))
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(url)
  return { page, requests, complaints }
}

/**
 * What the charts on the page hold, by id: for each series its values, `[x, y]` where there are
 * two.
 */
function drawnValues(page: Page): Promise<Record<string, unknown[][]>> {
  return page.evaluate(`
    Object.fromEntries([...reportCharts].map(([id, { data }]) => [
      id,
      data.datasets.map(({ data }) => data.map((at) => (Object(at) === at ? [at.x, at.y] : at))),
    ]))`)
}

/** How many colours each canvas has: one if it is blank. */
function colourCounts(page: Page): Promise<Record<string, number>> {
  return page.evaluate(`
    Object.fromEntries([...document.querySelectorAll('canvas')].map((canvas) => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
      return [canvas.id, new Set(new Uint32Array(data.buffer)).size]
    }))`)
}

/** Texts of the cells of the first table that a selector finds, row by row. */
function cellsOf(page: Page, selector: string): Promise<string[][]> {
  return page.evaluate(`
    [...document.querySelector(${JSON.stringify(selector)}).rows].map((row) => [...row.cells].map((cell) => cell.textContent))`)
}

/**
 * What a page shows once it is as awaited: a change is drawn some time after it was asked for.
 * After ten minutes what it shows then, for an assertion to report.
 */
async function settled<Shown>(
  read: () => Promise<Shown>,
  isAwaited: (shown: Shown) => boolean,
): Promise<Shown> {
  const end = Date.now() + 600_000
  for (;;) {
    const shown = await read()
    if (isAwaited(shown) || Date.now() > end) return shown
    await setTimeout(50)
  }
}

const percent = (value: number) => (value === -1 ? '–' : (100 * value).toFixed(1))

test.serial('every chart has a canvas of its own on the page', async (t) => {
  if (!executablePath) t.log('skipped all else: no Chromium was found, and CHROMIUM names none')
  const { document, html } = await reportPage(t)
  const canvases = [...html.matchAll(/<canvas[^>]* id="([^"]+)"/g)].map(([, id]) => id)
  t.true(canvases.length > 0)
  t.deepEqual(
    canvases.sort(),
    chartsOf(document)
      .map(({ id }) => id)
      .sort(),
  )
})

if (executablePath) {
  test.serial(
    'the page asks for nothing, complains of nothing and draws every chart',
    async (t) => {
      const opened = await openReport(t)
      const { page, requests, complaints } = await openPage(opened)
      const charts = chartsOf(opened.document)
      t.is(charts.length, 2 * 4 + 2 + 3 + 3)
      const expected = charts.map((chart) => [
        chart.id,
        chart.kind === 'bar'
          ? chart.series.map(({ values }) => values)
          : chart.kind === 'line'
            ? chart.series.map(({ points }) => points)
            : chart.series.map(({ points }) => points.map(({ x, y }) => [x, y])),
      ])
      t.deepEqual(await drawnValues(page), Object.fromEntries(expected))
      const colours = await colourCounts(page)
      t.is(Object.keys(colours).length, charts.length)
      for (const [id, count] of Object.entries(colours)) t.true(count > 10, `${id} has ${count}`)
      t.deepEqual(
        requests.filter((url) => !url.startsWith('data:')),
        [opened.url],
      )
      t.deepEqual(complaints, [])
      t.deepEqual(
        await page.evaluate('[...document.images].filter((image) => !image.naturalWidth).length'),
        0,
      )
    },
  )

  test.serial('the numbers on the page are those of its JSON', async (t) => {
    const opened = await openReport(t)
    const { runs, benchmarks } = opened.document
    const { page } = await openPage(opened)
    const carried = await page.evaluate<ReportDocument>(
      `JSON.parse(document.getElementById('report').textContent)`,
    )
    t.deepEqual(carried, opened.document)

    const { bbox, segm } = runs[0].evaluation.evaluations[1]
    if (!bbox || !segm) return t.fail()
    t.deepEqual(
      (await page.locator('.tile').first().locator('.value').innerText()).match(/[\d.]+/g),
      [percent(bbox.AP), percent(segm.AP)],
    )
    t.deepEqual((await cellsOf(page, '#run-1 > .scroll table')).slice(1), [
      ['boxes', ...Object.values(bbox).map(percent)],
      ['masks', ...Object.values(segm).map(percent)],
    ])
    t.deepEqual(
      (await cellsOf(page, '#run-1 table[data-kind=bbox]'))
        .slice(1)
        .map(([name, , AP, AP50]) => [name, AP, AP50]),
      runs[0].detections.bbox?.classes.map(({ name, AP, AP50 }) => [
        name,
        percent(AP),
        percent(AP50),
      ]),
    )
    const [{ document: benchmark }] = benchmarks
    const times = await cellsOf(page, '#benchmark-1 [aria-label="Times of detectors"] table')
    const column = times[0].indexOf('FPS')
    t.deepEqual(
      times.slice(1).map((row) => row[column]),
      ['0.512', '0.641', '41.4'],
    )
    t.deepEqual(
      benchmark.rows.map(({ fps }) => fps),
      [0.5125, 0.641, 41.37],
    )
    const ratios = await cellsOf(page, '#benchmark-1 [aria-label="Ratios of speed"] table')
    t.deepEqual(ratios[1].slice(0, 7), [
      'RetinaNet',
      'VanillaNet-13 / Swin-T',
      'deploy',
      '1',
      '0.80',
      '1.08',
      '10.0\u00a0%',
    ])
    t.is(ratios[1][8], 'no')

    for (const chart of chartsOf(opened.document)) {
      if (chart.kind !== 'line') continue
      const rows = await cellsOf(page, `figure:has(#${chart.id}) details table`)
      t.is(
        rows.length - 1,
        new Set(chart.series.flatMap(({ points }) => points.map(([x]) => x))).size,
      )
      t.is(rows[0].length, 1 + chart.series.length)
    }
  })

  test.serial(
    'a click on a header sorts the classes, and another one turns them round',
    async (t) => {
      const { page } = await openPage(await openReport(t))
      const column = async (index: number) =>
        (await cellsOf(page, '#run-1 table[data-kind=bbox]')).slice(1).map((row) => row[index])
      const names = await column(0)
      const button = page.locator('#run-1 table[data-kind=bbox] button', { hasText: /^AP$/ })
      await button.click()
      const falling = (await column(2)).map(Number)
      t.deepEqual(
        falling,
        falling.toSorted((a, b) => b - a),
      )
      t.is(await page.locator('#run-1 th[aria-sort]').getAttribute('aria-sort'), 'descending')
      await button.press('Enter')
      t.deepEqual((await column(2)).map(Number), falling.toReversed())
      await page.locator('#run-1 table[data-kind=bbox] button', { hasText: 'class' }).click()
      t.deepEqual(await column(0), names.toSorted())
    },
  )

  test.serial('a phone shows it in one column, and only tables scroll sideways', async (t) => {
    const opened = await openReport(t)
    const { page, complaints } = await openPage(opened, { viewport: { width: 390, height: 844 } })
    t.is(await page.evaluate('document.documentElement.scrollWidth'), 390)
    const widest = await page.evaluate<number>(
      `Math.max(...[...document.querySelectorAll('figure, .tile, .scroll, h1, h2, p')].map((element) => element.getBoundingClientRect().right))`,
    )
    t.true(widest <= 390, `something reaches to ${widest}`)
    t.true(
      await page.evaluate(
        `[...document.querySelectorAll('.scroll')].some((box) => box.scrollWidth > box.clientWidth)`,
      ),
    )
    const lefts = await page.evaluate<number[]>(
      `[...document.querySelectorAll('figure')].map((element) => element.getBoundingClientRect().left)`,
    )
    t.is(new Set(lefts).size, 1)
    t.deepEqual(complaints, [])
  })

  test.serial('page and charts follow light and dark, also when it changes', async (t) => {
    const { page, complaints } = await openPage(await openReport(t), { colorScheme: 'light' })
    const look = async () => ({
      page: await page.evaluate<string>('getComputedStyle(document.body).backgroundColor'),
      line: await page.evaluate<string>(
        `reportCharts.get('run-1-loss').data.datasets[0].borderColor`,
      ),
      ticks: await page.evaluate<string>(
        `reportCharts.get('run-1-loss').options.scales.x.ticks.color`,
      ),
    })
    const light = await look()
    await page.emulateMedia({ colorScheme: 'dark' })
    const dark = await settled(look, (dark) =>
      Object.entries(light).every(([part, colour]) => dark[part as keyof typeof light] !== colour),
    )
    for (const part of ['page', 'line', 'ticks'] as const) t.not(light[part], dark[part])
    await page.emulateMedia({ colorScheme: 'light' })
    t.deepEqual(await settled(look, (look) => isDeepStrictEqual(look, light)), light)
    await page.emulateMedia({ colorScheme: 'dark', media: 'print' })
    const white = 'rgb(255, 255, 255)'
    const paper = await settled(look, ({ page }) => page === white)
    t.is(paper.page, white)
    t.deepEqual(complaints, [])
  })

  test.serial('without scripts all numbers are there, and no empty charts', async (t) => {
    const { page } = await openPage(await openReport(t), { javaScriptEnabled: false })
    t.is(await page.locator('canvas:visible').count(), 0)
    t.regex(await page.locator('footer').innerText(), /all their numbers are in the tables/)
    await page.locator('#run-1 details summary').first().click()
    t.true(await page.locator('#run-1 details table').first().isVisible())
  })

  test.serial('every chart has a name, a caption and focus, every picture its text', async (t) => {
    const { page } = await openPage(await openReport(t))
    const unnamed = await page.evaluate<string[]>(`
      [...document.querySelectorAll('canvas')].filter((canvas) =>
        canvas.getAttribute('role') !== 'img' || canvas.tabIndex !== 0 || !canvas.getAttribute('aria-label') ||
        !document.getElementById(canvas.getAttribute('aria-describedby'))?.textContent
      ).map(({ id }) => id)`)
    t.deepEqual(unnamed, [])
    t.is(await page.evaluate('[...document.images].filter(({ alt }) => !alt).length'), 0)
    t.is(
      await page.evaluate(
        'document.querySelectorAll("[id]").length - new Set([...document.querySelectorAll("[id]")].map(({ id }) => id)).size',
      ),
      0,
      'ids are used once',
    )
  })
}
