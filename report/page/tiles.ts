import type { BenchmarkRatio } from '../../benchmark/benchmark_document.js'
import type { ReportDocument, RunReport } from '../document.js'
import { formatNumber } from '../format.js'
import { type Html, html } from '../html.js'
import { lastAp, lastTop1 } from '../last_ap.js'

/** Largest number of tiles of each kind. */
const MAX_TILES = 4

/** The headline: what each run reaches, and how much faster one detector is than another. */
export function tiles({ runs, benchmarks }: ReportDocument): Html {
  const ratios = benchmarks.flatMap(({ document }) => document.ratios)
  const deployed = ratios.filter(({ form }) => form === 'deploy')
  return html`<div class="tiles">${runs.slice(0, MAX_TILES).map(runTile)}${(deployed.length > 0
    ? deployed
    : ratios
  )
    .slice(0, MAX_TILES)
    .map(ratioTile)}</div>`
}

function runTile(run: RunReport): Html {
  const { name, model, evaluation, training } = run
  const [box, mask] = [lastAp(run, 'bbox'), lastAp(run, 'segm')]
  const top1 = lastTop1(run)
  const epoch = evaluation.evaluations.at(-1)?.epoch
  const when =
    epoch === undefined
      ? 'no evaluation yet'
      : `epoch ${epoch}${training.epochs === undefined ? '' : ` of ${training.epochs}`}`
  return html`<div class="tile"><div class="of">${name}</div>
<div class="value"><div>${
    run.classification
      ? html`<span data-value="${top1 ?? ''}">${formatNumber(top1, 'ap')}</span> <small>top-1</small>`
      : html`<span data-value="${box ?? ''}">${formatNumber(box, 'ap')}</span> <small>box AP</small>`
  }</div>${
    mask !== undefined &&
    html`<div><span data-value="${mask}">${formatNumber(mask, 'ap')}</span> <small>mask AP</small></div>`
  }</div>
<div class="more">${[model, when].filter(Boolean).join(' · ')}</div></div>`
}

function ratioTile(ratio: BenchmarkRatio): Html {
  const { name, framework, batch, fpsRatio, spread, isResult, published } = ratio
  const spreadText = spread === null ? 'a single repeat' : `spread ${formatNumber(spread, 'share')}`
  return html`<div class="tile"><div class="of">${framework}, ${name}${batch > 1 && `, batch ${batch}`}</div>
<div class="value"><div><span data-value="${fpsRatio}">${formatNumber(fpsRatio, 'ratio')}</span>× <small>FPS</small></div></div>
<div class="more">A100, published: ${formatNumber(published, 'ratio')}× · ${
    isResult ? spreadText : html`<strong class="doubt">not a result: ${spreadText}</strong>`
  }</div></div>`
}
