import {
  type CudaDocument,
  type InferenceRow,
  isFailure,
  type ParityRow,
  type PartFacts,
  type PartName,
  type TrainingRow,
} from '../../benchmark/cuda_document.js'
import { backboneRatios, fasterTorch, measured, measuredRows, overTorch } from '../cuda_ratios.js'
import type { CudaReport, ReportDocument } from '../document.js'
import { formatNumber } from '../format.js'
import { type Html, html } from '../html.js'
import { chartGrid, numberCell, numberHeader, scrolling } from './chart_figure.js'
import { factsList, machineFacts } from './machine_facts.js'
import { notesList } from './notes.js'

const MEGABYTE = 1e6
const KILOBYTE = 1e3
/** Largest difference of losses, in shares, at which device and processor are taken to agree. */
const PARITY = 1e-3

/** This library beside PyTorch on a GPU, as `bench/cuda/` measured it. */
export function cudaSection({ cuda }: ReportDocument): Html | false {
  return (
    cuda.length > 0 &&
    html`<section id="cuda"><h2>CUDA</h2>
${cuda.map((report, i) => cudaBlock(report, i + 1))}</section>`
  )
}

function cudaBlock({ file, document, charts }: CudaReport, number: number): Html {
  const { machine, options } = document
  const { device, turns, steps, warmup } = options
  const facts: [string, string][] = [
    ['device', device],
    ...machineFacts(machine),
    ['PyTorch', machine.pytorch ?? 'not asked'],
    [
      'timing',
      `${turns} turns of ${steps.train} steps in training, ${steps.inference} in inference, after ${warmup} to warm up`,
    ],
    ['file', file],
  ]
  return html`<section id="cuda-${number}" class="block"><h3>Beside PyTorch eager${number > 1 && ` (${number})`}</h3>
${factsList(facts)}
${notesList(doubtsOf(document))}
${chartGrid(charts)}
${parityTable(measuredRows(document.parity))}
${trainingTable(measuredRows(document.training))}
${inferenceTable(measuredRows(document.inference))}
${ratioTable(document)}
${missingTable(document)}</section>`
}

/** What a reader should know before believing the numbers, a sentence each. */
function doubtsOf({ options, parity, training, inference }: CudaDocument): string[] {
  const { device, short } = options
  const rows = measuredRows([...training, ...inference])
  return [
    ...(short
      ? ['Small images and narrow networks: this shows that everything runs, and no speed.']
      : []),
    ...(device === 'cpu' ? ['Measured on the processor, not on a GPU.'] : []),
    ...(parity.length === 0 ? ['The losses were not compared with the processor’s.'] : []),
    ...(rows.length > 0 && rows.every((row) => !('torch' in row))
      ? ['PyTorch was not asked, so that nothing is compared with it.']
      : []),
  ]
}

function parityTable(rows: readonly ParityRow[]): Html | false {
  if (rows.length === 0) return false
  const cells = rows.map((row) => {
    const { losses, maxDifference } = row
    const agrees = maxDifference <= PARITY
    return html`<tr>${nameCells(row)}${numberCell(losses.device.length, 'count')}${numberCell(losses.device[0], 'loss')}${numberCell(losses.device.at(-1), 'loss')}${numberCell(losses.cpu.at(-1), 'loss')}${numberCell(maxDifference, 'rate')}<td>${agrees ? 'yes' : html`<strong class="doubt">no</strong>`}</td><td>${nodesOf(row)}</td></tr>`
  })
  const numbers = ['steps', 'first loss', 'last loss', 'on the processor', 'largest difference']
  return html`<h4>Losses on the device and on the processor</h4>
${scrolling('Losses on the device and on the processor', tableOf([...NAMES, ...numbers, 'agree?', 'nodes'], cells))}
<p class="note">The same training steps. The difference is in shares of the processor’s loss; up to ${formatNumber(PARITY, 'loss')} they agree.</p>`
}

function trainingTable(rows: readonly TrainingRow[]): Html | false {
  if (rows.length === 0) return false
  const cells = rows.map((row) => {
    const [ours, torch] = [measured(row.ours), measured(row.torch)]
    const moved = ours?.moved
    return html`<tr>${nameCells(row)}${sideCell(row.ours, ours?.imagesPerSecond)}${sideCell(row.torch, torch?.imagesPerSecond)}${numberCell(overTorch(row, torch), 'ratio')}
${numberCell(ours?.ms.median, 'short')}${numberCell(torch?.ms.median, 'short')}${numberCell(ours?.memory.used, 'count')}${numberCell(torch?.memory.used, 'count')}${numberCell(torch?.memory.tensors, 'short')}
${numberCell(row.batchBytes / MEGABYTE, 'short')}${numberCell(moved && moved.up / MEGABYTE, 'short')}${numberCell(moved && moved.down / KILOBYTE, 'short')}${numberCell(ours && ours.firstStepMs / 1000, 'short')}<td>${nodesOf(row)}</td></tr>`
  })
  const numbers = [
    ...['images/s', 'PyTorch', 'ratio', 'ms', 'PyTorch ms', 'GPU MiB', 'PyTorch MiB'],
    ...['its tensors MiB', 'batch MB', 'MB up', 'kB down', 'first step s'],
  ]
  return html`<h4>Training steps</h4>
${scrolling('Training steps', tableOf([...NAMES, ...numbers, 'nodes'], cells))}
<p class="note">Forward, backward and AdamW. MB up, kB down: what a step moves between host and device. GPU memory: of the process, as the driver tells.</p>`
}

function inferenceTable(rows: readonly InferenceRow[]): Html | false {
  if (rows.length === 0) return false
  const cells = rows.map((row) => {
    const [ours, torch, half] = [measured(row.ours), measured(row.torch), measured(row.torchHalf)]
    const moved = ours?.moved
    return html`<tr>${nameCells(row)}${sideCell(row.ours, ours?.ms.median)}${sideCell(row.torch, torch?.ms.median)}${sideCell(row.torchHalf, half?.ms.median)}${numberCell(overTorch(row, fasterTorch(row)), 'ratio')}
${numberCell(ours?.total.median, 'short')}${numberCell(ours && (1000 * row.batch) / ours.total.median, 'short')}${numberCell(ours?.memory.used, 'count')}${numberCell(moved && moved.up / MEGABYTE, 'short')}${numberCell(moved && moved.down / KILOBYTE, 'short')}${numberCell(ours && ours.firstStepMs / 1000, 'short')}<td>${nodesOf(row)}</td></tr>`
  })
  const numbers = [
    ...['network ms', 'PyTorch', 'in half', 'ratio', 'total ms', 'FPS', 'GPU MiB'],
    ...['MB up', 'kB down', 'first run s'],
  ]
  return html`<h4>Inference</h4>
${scrolling('Inference', tableOf([...NAMES, ...numbers, 'nodes'], cells))}
<p class="note">Deploy form, milliseconds a batch. Network: from bytes in host memory to raw outputs on the device. Total, and FPS: ours from decoded images to COCO results. In half: PyTorch’s weights in half precision, without autocast; the ratio is to the faster way.</p>`
}

function ratioTable(document: CudaDocument): Html | false {
  const ratios = backboneRatios(document)
  if (ratios.length === 0) return false
  const cells = ratios.map(
    ({ framework, precision, batch, total, network, torchNetwork, published }) =>
      html`<tr><th scope="row">${framework}</th><td>${precision}</td>${numberCell(batch, 'count')}${numberCell(total, 'ratio')}${numberCell(network, 'ratio')}${numberCell(torchNetwork, 'ratio')}${numberCell(published, 'ratio')}</tr>`,
  )
  const numbers = ['total', 'network', 'network, PyTorch', 'published']
  return html`<h4>FPS of VanillaNet-13 over Swin-T</h4>
${scrolling('FPS of VanillaNet-13 over Swin-T', tableOf(['detector', 'precision', 'batch', ...numbers], cells))}
<p class="note">Published: A100, 800 × 1280, batch 1.</p>`
}

/** What was to be measured and was not. */
function missingTable({ parity, training, inference, missing }: CudaDocument): Html | false {
  const whole: PartName[] = [...parity, ...training, ...inference]
  const sides = measuredRows([...training, ...inference]).flatMap((row) =>
    Object.entries(SIDES).map(([key, side]) => ({
      part: `${row.part}, ${row.config}, ${side}`,
      ...(row[key as 'ours' | 'torch'] as object | undefined),
    })),
  )
  const reasons = [
    ...[...whole, ...sides].flatMap((row) =>
      isFailure(row) ? [[row.part, `failed: ${row.error}`]] : [],
    ),
    ...missing.map(({ part, reason }) => [part, reason]),
  ]
  if (reasons.length === 0) return false
  const cells = reasons.map(
    ([part, reason]) => html`<tr><th scope="row">${part}</th><td>${reason}</td></tr>`,
  )
  return html`<h4>Not measured</h4>
${scrolling('Not measured', tableOf(['part', 'why'], cells))}`
}

const SIDES = { ours: 'ours', torch: 'PyTorch', torchHalf: 'PyTorch in half' }

const NAMES = ['config', 'precision', 'batch', 'input']
/** Columns of text; all others are numbers. */
const TEXTS = new Set([
  'config',
  'detector',
  'precision',
  'input',
  'agree?',
  'nodes',
  'part',
  'why',
])

function tableOf(columns: readonly string[], rows: readonly Html[]): Html {
  const heads = columns.map((column) =>
    TEXTS.has(column) ? html`<th scope="col">${column}</th>` : numberHeader(column),
  )
  return html`<table><thead><tr>${heads}</tr></thead><tbody>${rows}</tbody></table>`
}

function nameCells({ config, precision, batch, shape }: PartFacts): Html {
  return html`<th scope="row">${config}</th><td>${precision}</td>${numberCell(batch, 'count')}<td>${shape.join(' × ')}</td>`
}

/** A number of a side that was measured. */
function sideCell(side: object | undefined, value: number | undefined): Html {
  if (!isFailure(side)) return numberCell(value, 'short')
  return html`<td class="number"><strong class="doubt">failed</strong></td>`
}

/** `5918 CUDA, 3 CPU`. */
function nodesOf({ placement }: PartFacts): string {
  const counts = Object.entries(placement).sort(([, a], [, b]) => b - a)
  return counts
    .map(
      ([provider, count]) =>
        `${formatNumber(count, 'count')} ${provider.replace('ExecutionProvider', '')}`,
    )
    .join(', ')
}
