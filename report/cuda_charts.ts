import type { CudaDocument, PartFacts } from '../benchmark/cuda_document.js'
import type { BarChart } from './chart.js'
import { backboneRatios, fasterTorch, measured, measuredRows, overTorch } from './cuda_ratios.js'

/** Ours beside PyTorch, in training and inference, and one backbone over another. */
export function cudaCharts(id: string, document: CudaDocument): BarChart[] {
  const training = measuredRows(document.training).map((row) => ({
    label: labelOf(row),
    ratio: overTorch(row, measured(row.torch)),
  }))
  const inference = measuredRows(document.inference).map((row) => ({
    label: labelOf(row),
    ratio: overTorch(row, fasterTorch(row)),
  }))
  const ratios = backboneRatios(document)
  const charts: BarChart[] = [
    ratioChart(training, {
      id: `${id}-training`,
      title: 'Training, ours over PyTorch eager',
      caption: 'Images a second of whole training steps. Past the dashed line ours is faster.',
    }),
    ratioChart(inference, {
      id: `${id}-inference`,
      title: 'Inference, ours over PyTorch eager',
      caption:
        'Networks in deploy form, beside PyTorch’s faster way. Past the dashed line ours is faster.',
    }),
    {
      id: `${id}-backbones`,
      kind: 'bar',
      title: 'VanillaNet-13 over Swin-T, measured and published',
      caption:
        'Frames a second of VanillaNet-13 over those of Swin-T, from decoded images to results. Published: A100, batch 1.',
      categories: ratios.map(({ framework, precision, batch }) => [
        framework,
        `${precision}, batch ${batch}`,
      ]),
      value: { label: 'ratio of FPS', format: 'ratio' },
      series: [
        { label: 'measured here', values: ratios.map(({ total }) => total) },
        {
          label: 'published, A100',
          values: ratios.map(({ published }) => published ?? null),
          isPublished: true,
        },
      ],
      reference: 1,
    },
  ]
  return charts.filter(({ categories }) => categories.length > 0)
}

/** Rows without a ratio are left out: the table has them. */
function ratioChart(
  rows: readonly { label: string[]; ratio: number | undefined }[],
  texts: Pick<BarChart, 'id' | 'title' | 'caption'>,
): BarChart {
  const compared = rows.filter(({ ratio }) => ratio !== undefined)
  return {
    ...texts,
    kind: 'bar',
    categories: compared.map(({ label }) => label),
    value: { label: 'times as fast as PyTorch', format: 'ratio' },
    series: [{ label: 'ours / PyTorch', values: compared.map(({ ratio }) => ratio ?? null) }],
    reference: 1,
  }
}

function labelOf({ config, precision, batch }: PartFacts): string[] {
  return [config, `${precision}, batch ${batch}`]
}
