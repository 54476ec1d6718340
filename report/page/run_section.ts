import type { PerClassRow } from '../../packages/pycocotools-js/source/analysis/per_class.js'
import type { TideErrors } from '../../packages/pycocotools-js/source/analysis/tide.js'
import {
  KIND_NAMES,
  type Kind,
  type Pictures,
  type RunReport,
  type SamplePicture,
} from '../document.js'
import { ERROR_NAMES } from '../error_charts.js'
import { type Html, html } from '../html.js'
import { chartFigure, chartGrid, numberCell, numberHeader, scrolling } from './chart_figure.js'
import { classBlock } from './class_section.js'
import { notesList } from './notes.js'

const KINDS = ['bbox', 'segm'] as const
const METRICS = [
  ...(['AP', 'AP50', 'AP75', 'APs', 'APm', 'APl'] as const),
  ...(['AR1', 'AR10', 'AR100', 'ARs', 'ARm', 'ARl'] as const),
]
const CLASS_METRICS = ['AP', 'AP50', 'AP75', 'APs', 'APm', 'APl', 'AR100'] as const

/** Curves, numbers and pictures of one run. */
export function runSection(run: RunReport, pictures: Pictures): Html {
  const { id, name, path, model, training, evaluation } = run
  const facts = [model, path].filter((fact) => fact !== undefined && fact !== '')
  return html`<section id="${id}"><h2>${name}</h2><p class="meta">${facts.join(' · ')}</p>
<h3>Training</h3>
${notesList([...training.notes, ...evaluation.notes])}
${chartGrid([...training.charts, ...evaluation.charts])}
${evaluationTable(run)}
${run.classification ? classBlock(run.classification, pictures) : detectionBlock(run, pictures)}</section>`
}

function detectionBlock(run: RunReport, pictures: Pictures): Html {
  return html`<h3>Classes and errors</h3>
${notesList(run.detections.notes)}
${errorBlock(run)}
${KINDS.map((kind) => classTable(kind, run.detections[kind]?.classes))}
<h3>Sample detections</h3>
${sampleBlock(run, pictures)}`
}

/** COCO's twelve numbers of the last evaluation. */
function evaluationTable({ evaluation, detections }: RunReport): Html | false {
  const last = evaluation.evaluations.at(-1)
  const rows = KINDS.flatMap((kind) => {
    const metrics = last?.[kind] ?? detections[kind]?.metrics
    if (!metrics) return []
    return html`<tr><th scope="row">${KIND_NAMES[kind]}</th>${METRICS.map((metric) => numberCell(metrics[metric], 'ap'))}</tr>`
  })
  if (rows.length === 0) return false
  const when = last
    ? `After epoch ${last.epoch} (iteration ${last.iter}).`
    : 'Of the results in the work dir.'
  return html`${scrolling(
    'The twelve numbers of COCO',
    html`<table><thead><tr><th scope="col">COCO (%)</th>${METRICS.map(numberHeader)}</tr></thead><tbody>${rows}</tbody></table>`,
  )}<p class="note">${when}</p>`
}

function errorBlock({ detections }: RunReport): Html | false {
  const kinds = KINDS.filter((kind) => detections[kind])
  if (kinds.length === 0) return false
  return html`<div class="charts">${detections.charts.map(chartFigure)}<div class="beside">${kinds.map(
    (kind) => errorTable(kind, detections[kind]!.tide),
  )}</div></div>`
}

function errorTable(kind: Kind, { main, special, AP }: TideErrors): Html {
  const rows = (Object.keys(ERROR_NAMES) as (keyof typeof ERROR_NAMES)[]).map(
    (type) =>
      html`<tr><th scope="row">${ERROR_NAMES[type]}</th>${numberCell(main[type].count, 'count')}${numberCell(main[type].deltaAP, 'ap')}</tr>`,
  )
  const sums = (['FalsePos', 'FalseNeg'] as const).map(
    (type) =>
      html`<tr class="sum"><th scope="row">${type === 'FalsePos' ? 'all false positives' : 'all not found'}</th>${numberCell(special[type].count, 'count')}${numberCell(special[type].deltaAP, 'ap')}</tr>`,
  )
  return scrolling(
    `Errors of ${KIND_NAMES[kind]}`,
    html`<table><thead><tr><th scope="col">errors of ${KIND_NAMES[kind]}</th>${['count', 'gain in AP50'].map(numberHeader)}</tr></thead><tbody>${rows}${sums}
<tr class="sum"><th scope="row">AP50 as it is</th><td></td>${numberCell(AP, 'ap')}</tr></tbody></table>`,
  )
}

function classTable(kind: Kind, classes: readonly PerClassRow[] | undefined): Html | false {
  if (!classes) return false
  const columns = [...CLASS_METRICS, 'objects', 'detections']
  const rows = classes.map(
    (row) =>
      html`<tr><th scope="row">${row.name}</th><td class="bar">${apBar(row.AP)}</td>${CLASS_METRICS.map((metric) => numberCell(row[metric], 'ap'))}${numberCell(row.groundTruths, 'count')}${numberCell(row.detections, 'count')}</tr>`,
  )
  return html`<h4>AP of each class, ${KIND_NAMES[kind]}</h4>${scrolling(
    `AP of each class, ${KIND_NAMES[kind]}`,
    html`<table class="sortable" data-kind="${kind}"><thead><tr><th scope="col"><button type="button">class</button></th><td></td>${columns.map(
      (column) =>
        html`<th scope="col" class="number"><button type="button">${column}</button></th>`,
    )}</tr></thead><tbody>${rows}</tbody></table>`,
  )}`
}

/** AP as a bar as long as it is of 100 %. */
function apBar(ap: number): Html {
  const length = Math.max(0, 100 * ap).toFixed(1)
  return html`<svg viewBox="0 0 100 8" width="100" height="8" aria-hidden="true" focusable="false"><rect class="track" width="100" height="8" rx="2"/><rect class="fill" width="${length}" height="8" rx="2"/></svg>`
}

function sampleBlock({ samples }: RunReport, pictures: Pictures): Html {
  const score = samples.minScore
  return html`${notesList(samples.notes)}<div class="samples">${samples.pictures.map((sample) => sampleFigure(sample, pictures[sample.id], score))}</div>
${samples.pictures.length > 0 && html`<p class="note">First what is annotated, without crowds, then what was detected with a score of ${score} or more.</p>`}`
}

function sampleFigure(
  { file, groundTruths, detections, width, height }: SamplePicture,
  shown: Pictures[string],
  score: number,
): Html | false {
  if (!('groundTruth' in shown)) return false
  const { groundTruth, detected } = shown
  const name = file.split(/[\\/]/).at(-1) ?? file
  const objects = groundTruths === 1 ? '1 object' : `${groundTruths} objects`
  const found =
    detections === 0
      ? `nothing of a score of ${score}`
      : detections === 1
        ? '1 detection'
        : `${detections} detections`
  return html`<figure class="sample"><div class="pair">
<img src="${groundTruth}" width="${width}" height="${height}" alt="${name} with its ${objects} as annotated">
<img src="${detected}" width="${width}" height="${height}" alt="${name} with what was detected: ${found}">
</div><figcaption>${name}: ${objects}, ${found}</figcaption></figure>`
}
