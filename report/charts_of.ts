import type { Chart } from './chart.js'
import type { ReportDocument } from './document.js'

/** The charts of a report in the order of its page. */
export function chartsOf({ runs, benchmarks, cuda, comparison }: ReportDocument): Chart[] {
  return [
    ...runs.flatMap(({ training, evaluation, detections }) => [
      ...training.charts,
      ...evaluation.charts,
      ...detections.charts,
    ]),
    ...benchmarks.flatMap(({ charts }) => charts),
    ...cuda.flatMap(({ charts }) => charts),
    ...comparison.charts,
  ]
}
