import { appendFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import sharp from 'sharp'
import { evaluateResults } from '../../evaluation/evaluate.js'
import { buildReport } from '../../report/build_report.js'
import type { Chart, LineChart } from '../../report/chart.js'
import type { Pictures } from '../../report/document.js'
import { benchmarkDocument } from './benchmark_document.js'
import { syntheticRun } from './synthetic_run.js'

const now = new Date('2024-05-06T07:08:09Z')

/** The report of one run. */
async function reportOf(workDir: string, benchmarks: string[] = []) {
  const { document, pictures } = await buildReport({ workDirs: [workDir], benchmarks, now })
  return { document, pictures, run: document.runs[0] }
}

/** The two pictures of an image of a detector. */
function pairOf(shown: Pictures[string]) {
  if ('groundTruth' in shown) return shown
  throw new Error('a picture of a classifier')
}

function lineChart(charts: Chart[], id: string): LineChart {
  const chart = charts.find((chart) => chart.id === id)
  if (chart?.kind !== 'line') throw new Error(`no line chart ${id}`)
  return chart
}

test('curves hold each line of the metrics; what a logarithm cannot show is a gap', async (t) => {
  const { workDir } = await syntheticRun(t)
  const { run } = await reportOf(workDir)
  const loss = lineChart(run.training.charts, 'run-1-loss')
  t.deepEqual(
    loss.series.map(({ label, points }) => [label, points.length]),
    [
      ['total', 5],
      ['cls', 5],
      ['bbox', 5],
    ],
  )
  t.deepEqual(loss.series[0].points[1], [20, 1.5])
  t.deepEqual(loss.series[2].points.slice(3), [
    [40, 0.25],
    [50, null],
  ])
  const rate = lineChart(run.training.charts, 'run-1-rate')
  t.deepEqual(rate.series[0].points[4], [50, 1e-3 / 5])
  t.like(run.training, { iter: 50, epoch: 3, epochs: 3, notes: [] })
})

test('AP and AP50 of boxes and masks stand over their epochs', async (t) => {
  const { workDir, dataset, results } = await syntheticRun(t)
  const { run } = await reportOf(workDir)
  const { series } = lineChart(run.evaluation.charts, 'run-1-ap')
  const { bbox, segm } = evaluateResults(dataset, results)
  t.true(bbox.AP > 0.3 && bbox.AP < 0.95, 'neither all nor nothing was found')
  t.deepEqual(
    series.map(({ label, points }) => [label, ...points]),
    [
      ['bbox AP', [1, 0.125], [2, bbox.AP]],
      ['bbox AP50', [1, 0.25], [2, bbox.AP50]],
      ['segm AP', [1, 0.0625], [2, segm?.AP]],
      ['segm AP50', [1, 0.25], [2, segm?.AP50]],
    ] as unknown as [string, ...[number, number | null][]][],
  )
})

test('classes and errors are computed from the results in the work dir', async (t) => {
  const { workDir, dataset, results } = await syntheticRun(t)
  const { run } = await reportOf(workDir)
  const { bbox, segm, perClass } = evaluateResults(dataset, results)
  t.deepEqual(run.detections.bbox?.metrics, bbox)
  t.deepEqual(run.detections.segm?.metrics, segm)
  t.deepEqual(run.detections.bbox?.classes, perClass.bbox)
  t.deepEqual(run.detections.notes, [])
  const moved = Math.floor((results.bbox.length - 1) / 3)
  const main = run.detections.bbox?.tide.main
  t.is((main?.Loc.count ?? 0) + (main?.Both.count ?? 0) + (main?.Cls.count ?? 0), moved)
  t.is(main?.Bkg.count, 1)
  const [chart] = run.detections.charts
  t.is(chart.kind, 'bar')
  if (chart.kind !== 'bar') return
  t.is(chart.series[0].values[1], main?.Loc.deltaAP ?? -1)
  t.true((main?.Loc.deltaAP ?? 0) > 0)
})

test('sample pictures are JPEGs, of images with objects, drawn on', async (t) => {
  const { workDir } = await syntheticRun(t)
  const { run, pictures } = await reportOf(workDir)
  t.true(run.samples.pictures.length >= 1)
  for (const { id, width, height, groundTruths } of run.samples.pictures) {
    t.true(groundTruths > 0)
    const { groundTruth, detected } = pairOf(pictures[id])
    t.not(groundTruth, detected)
    for (const uri of [groundTruth, detected]) {
      t.regex(uri, /^data:image\/jpeg;base64,/)
      const bytes = Buffer.from(uri.slice(uri.indexOf(',') + 1), 'base64')
      t.like(await sharp(bytes).metadata(), { format: 'jpeg', width, height })
    }
  }
})

test('masks of another run than the boxes are not drawn', async (t) => {
  const { workDir, results } = await syntheticRun(t)
  const file = join(workDir, 'results.segm.json')
  const masks = results.segm ?? []
  const detectedWith = async (entries: typeof masks) => {
    await writeFile(file, JSON.stringify(entries))
    const { pictures } = await reportOf(workDir)
    return Object.values(pictures)
      .map((pair) => pairOf(pair).detected)
      .join()
  }
  const without = await detectedWith(masks.slice(0, 0))
  const rescored = masks.map((entry) => ({ ...entry, score: entry.score / 2 }))
  const ids = [...new Set(masks.map(({ category_id }) => category_id))]
  const otherId = (id: number) => ids[(ids.indexOf(id) + 1) % ids.length]
  const renamed = masks.map((entry) => ({ ...entry, category_id: otherId(entry.category_id) }))
  // Compared as a whole: the difference of two pictures is nothing to print.
  t.false((await detectedWith(masks)) === without)
  t.true((await detectedWith(rescored)) === without)
  t.true((await detectedWith(renamed)) === without)
})

test('the document says when it was made, and has no pictures in it', async (t) => {
  const { workDir } = await syntheticRun(t)
  const { document } = await reportOf(workDir)
  t.notRegex(JSON.stringify(document), /base64/)
  t.is(document.createdAt, '2024-05-06T07:08:09.000Z')
})

test('parameters and operations are counted of both forms', async (t) => {
  const { workDir } = await syntheticRun(t)
  const { sizes, notes } = (await reportOf(workDir)).run.size
  t.deepEqual(notes, [])
  t.deepEqual(
    sizes.map(({ form }) => form),
    ['deploy', 'train'],
  )
  t.true(sizes[0].paramsM < sizes[1].paramsM && sizes[0].gmacs < sizes[1].gmacs)
})

test('a run stands in the plot of speed against accuracy by the config of its name', async (t) => {
  const { workDir, folder } = await syntheticRun(t)
  const file = join(folder, 'benchmark.json')
  await writeFile(file, JSON.stringify(benchmarkDocument()))
  const scatter = ({ comparison }: Awaited<ReturnType<typeof reportOf>>['document']) => {
    const chart = comparison.charts.find(({ id }) => id === 'speed-accuracy')
    return chart?.kind === 'scatter' ? chart.series : []
  }
  const own = await reportOf(workDir, [file])
  const AP = own.run.evaluation.evaluations[1].bbox?.AP
  t.deepEqual(scatter(own.document)[0].points, [{ x: 41.37, y: AP ?? -1, label: 'first, batch 1' }])
  t.is(scatter(own.document)[0].label, 'first, here')
  t.deepEqual(own.document.comparison.notes, [])
  t.is(
    scatter(own.document).flatMap(({ points, isPublished }) => (isPublished ? points : [])).length,
    9,
  )

  const other = await reportOf(`other=${workDir}`, [file])
  t.true(scatter(other.document).every(({ isPublished }) => isPublished))
  t.regex(
    other.document.comparison.notes[0],
    /^Run other is not in the plot: no benchmark row has this config/,
  )
})

test('what is missing is told at its place', async (t) => {
  const { workDir } = await syntheticRun(t)
  const remove = (name: string) => rm(join(workDir, name))
  await remove('results.bbox.json')
  await remove('results.segm.json')
  await remove('evaluations.jsonl')
  await appendFile(join(workDir, 'metrics.jsonl'), '{"iter":60,"lo')
  const first = (await reportOf(workDir)).run
  t.deepEqual(first.training.notes, ['Line 6 of metrics.jsonl cannot be read and is left out.'])
  t.deepEqual(first.evaluation, {
    evaluations: [],
    charts: [],
    notes: ['No evaluation yet: the first one comes at the end of an epoch.'],
  })
  t.regex(
    first.detections.notes[0],
    /^No detections: results\.bbox\.json is written by each evaluation/,
  )
  t.deepEqual(first.samples.pictures, [])

  await remove('metrics.jsonl')
  t.deepEqual((await reportOf(workDir)).run.training, {
    ...{ iter: undefined, epoch: undefined, epochs: 3, charts: [] },
    notes: ['metrics.jsonl is missing, so there are no curves of the loss.'],
  })

  await writeFile(join(workDir, 'config.json'), '{"model":{"type":"RetinaNot"}}')
  const { size, detections, model } = (await reportOf(workDir)).run
  t.is(model, 'RetinaNot')
  t.regex(size.notes[0], /^Not counted: config\.json: model\.type/)
  t.regex(detections.notes[0], /^The validation set is not known: config\.json: model\.type/)
})

test('results of other detections than the last evaluation are told', async (t) => {
  const { workDir, results } = await syntheticRun(t)
  await writeFile(join(workDir, 'results.bbox.json'), JSON.stringify(results.bbox.slice(0, 3)))
  const { notes } = (await reportOf(workDir)).run.detections
  t.is(notes.length, 1)
  t.regex(
    notes[0],
    /^results\.bbox\.json gives AP \d+\.\d\d, the last evaluation logged \d+\.\d\d: they are not/,
  )
})

test('results that do not fit the annotations, and images that are gone, are told', async (t) => {
  const { workDir, config, results } = await syntheticRun(t)
  await rm(config.data?.val.imageDir ?? '', { recursive: true })
  const gone = (await reportOf(workDir)).run.samples
  t.deepEqual(gone.pictures, [])
  t.regex(gone.notes[0], /^No pictures: .*no such image/)

  const foreign = results.bbox.map((entry) => ({ ...entry, image_id: 4711 }))
  await writeFile(join(workDir, 'results.bbox.json'), JSON.stringify(foreign))
  t.regex(
    (await reportOf(workDir)).run.detections.notes[0],
    /^The detections cannot be used: .*4711/,
  )
  await writeFile(join(workDir, 'results.bbox.json'), '[{')
  t.regex(
    (await reportOf(workDir)).run.detections.notes[0],
    /results\.bbox\.json: cannot be read as JSON/,
  )
})

test('an evaluation that found nothing is an AP of 0', async (t) => {
  const { workDir } = await syntheticRun(t)
  await writeFile(join(workDir, 'results.bbox.json'), '[]')
  await rm(join(workDir, 'results.segm.json'))
  const { run } = await reportOf(workDir)
  t.is(run.detections.bbox?.metrics.AP, 0)
  t.true(run.samples.pictures.every(({ detections }) => detections === 0))
})
