import type { ReportDocument } from '../document.js'
import { type Html, html } from '../html.js'
import type { ModelSize } from '../model_size.js'
import { numberCell, numberHeader, scrolling } from './chart_figure.js'
import { notesList } from './notes.js'

/** Parameters and multiply-accumulates of runs, with those published for the same model. */
export function sizeSection({ runs, published }: ReportDocument): Html | false {
  if (runs.length === 0) return false
  const inputs = [...new Set(runs.flatMap(({ size }) => size.sizes.map(inputOf)))]
  const rows = runs.flatMap((run) => {
    const theirs = published.find(({ config }) => config === run.name)
    return run.size.sizes.map((counted) => {
      const { form, paramsM, gmacs, gmacsMmcv } = counted
      const ofForm = form === 'deploy' ? theirs : undefined
      return html`<tr><th scope="row"><a href="#${run.id}">${run.name}</a></th><td>${inputs.length > 1 ? `${form}, ${inputOf(counted)}` : form}</td>
${numberCell(paramsM, 'short')}${numberCell(ofForm?.paramsM, 'short')}${numberCell(gmacs, 'short')}${numberCell(gmacsMmcv, 'short')}${numberCell(ofForm?.gmacs, 'short')}</tr>`
    })
  })
  const numbers = ['params M', 'published', 'MACs G', 'as mmcv counts', 'published']
  return html`<section id="size"><h2>Parameters and operations</h2>
${notesList(runs.flatMap(({ name, size }) => size.notes.map((note) => `${name}: ${note}`)))}
${rows.length > 0 && scrolling('Parameters and operations', html`<table><thead><tr><th scope="col">run</th><th scope="col">form</th>${numbers.map(numberHeader)}</tr></thead><tbody>${rows}</tbody></table>`)}
<p class="note">Trained parameters in millions; multiply-accumulates of one image${inputs.length > 0 && ` of ${inputs.join(' or ')} pixels`} in billions. The deploy form has its layers merged.</p></section>`
}

function inputOf({ shape }: ModelSize): string {
  return shape.join(' × ')
}
