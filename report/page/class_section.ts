import type { ClassificationReport, ClassSample, Pictures } from '../document.js'
import { formatNumber } from '../format.js'
import { type Html, html } from '../html.js'
import { numberCell, scrolling } from './chart_figure.js'
import { notesList } from './notes.js'

/** The accuracy of each class of a classifier, and pictures with what they are taken for. */
export function classBlock(report: ClassificationReport, pictures: Pictures): Html {
  return html`<h3>Classes</h3>
${notesList(report.notes)}
${classTable(report)}
<h3>Sample predictions</h3>
${report.samples.length === 0 && html`<p class="note">No pictures.</p>`}
<div class="samples">${report.samples.map((sample) => sampleFigure(sample, pictures[sample.id]))}</div>`
}

function classTable({ classes, accuracy }: ClassificationReport): Html | false {
  if (classes.length === 0) return false
  const hasTop5 = accuracy?.top5 !== undefined
  const columns = ['top-1', ...(hasTop5 ? ['top-5'] : []), 'precision', 'pictures']
  const rows = classes.map(
    ({ name, top1, top5, precision, pictures }) =>
      html`<tr><th scope="row">${name}</th><td class="bar">${shareBar(top1)}</td>${numberCell(top1, 'ap')}${hasTop5 && numberCell(top5, 'ap')}${numberCell(precision, 'ap')}${numberCell(pictures, 'count')}</tr>`,
  )
  return html`${scrolling(
    'Accuracy of each class',
    html`<table class="sortable"><thead><tr><th scope="col"><button type="button">class</button></th><td></td>${columns.map(
      (column) =>
        html`<th scope="col" class="number"><button type="button">${column}</button></th>`,
    )}</tr></thead><tbody>${rows}</tbody></table>`,
  )}<p class="note">In percent. Top-1: share of the pictures of a class that are taken for it. Precision: share of its pictures among those that are taken for it.</p>`
}

/** A share as a bar as long as it is of 100 %. */
function shareBar(share: number): Html {
  const length = Math.max(0, 100 * share).toFixed(1)
  return html`<svg viewBox="0 0 100 8" width="100" height="8" aria-hidden="true" focusable="false"><rect class="track" width="100" height="8" rx="2"/><rect class="fill" width="${length}" height="8" rx="2"/></svg>`
}

function sampleFigure(
  { file, category, isRight, predicted, width, height }: ClassSample,
  shown: Pictures[string],
): Html | false {
  if (!('picture' in shown)) return false
  const name = file.split(/[\\/]/).at(-1) ?? file
  const found = predicted.map(
    ({ category, score }) => `${category} ${formatNumber(score, 'ratio')}`,
  )
  const caption = `${category}, ${isRight ? 'right' : 'wrong'}: ${found.join(', ')}`
  return html`<figure class="sample"><img src="${shown.picture}" width="${width}" height="${height}" alt="${name}, ${caption}"><figcaption>${caption}</figcaption></figure>`
}
