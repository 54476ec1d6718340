import { readBenchmark } from './benchmark_file.js'
import type { LineChart } from './chart.js'
import { cudaCharts } from './cuda_charts.js'
import { readCuda } from './cuda_file.js'
import type {
  BenchmarkReport,
  CudaReport,
  Pictures,
  ReportDocument,
  RunReport,
} from './document.js'
import { lastAp } from './last_ap.js'
import { PUBLISHED } from './published.js'
import { buildRun } from './run_report.js'
import { benchmarkCharts, publishedFpsChart, speedAccuracyChart } from './speed_charts.js'
import { readWorkDir } from './work_dir.js'

export interface ReportOptions {
  /** Folders of training runs; `NAME=FOLDER` calls one by a name. */
  workDirs: readonly string[]
  /** Files that `vanilladet benchmark --json` printed. */
  benchmarks: readonly string[]
  /** Files that `bench/cuda/` wrote. @default none */
  cuda?: readonly string[]
  /** When the report is made. */
  now: Date
  /** Images drawn of each run, at most. @default 4 */
  samples?: number
}

/** Reads runs and benchmarks, computes what the report shows of them and draws its pictures. */
export async function buildReport({
  workDirs,
  benchmarks,
  cuda = [],
  now,
  samples = 4,
}: ReportOptions): Promise<{ document: ReportDocument; pictures: Pictures }> {
  // What is not there at all is refused before anything takes long.
  const files = await Promise.all(workDirs.map(readWorkDir))
  const documents = await Promise.all(benchmarks.map(readBenchmark))
  const cudaDocuments = await Promise.all(cuda.map(readCuda))

  const benchmarkReports = documents.map(
    (document, i): BenchmarkReport => ({
      file: benchmarks[i],
      document,
      charts: benchmarkCharts(`benchmark-${i + 1}`, document),
    }),
  )
  const cudaReports = cudaDocuments.map((document, i): CudaReport => {
    return { file: cuda[i], document, charts: cudaCharts(`cuda-${i + 1}`, document) }
  })
  const runs: RunReport[] = []
  const pictures: Pictures = {}
  for (const [i, workDir] of files.entries()) {
    const built = await buildRun(workDir, { id: `run-${i + 1}`, samples })
    runs.push(built.run)
    Object.assign(pictures, built.pictures)
  }
  const comparison = {
    charts: [
      publishedFpsChart(),
      speedAccuracyChart(runs, benchmarkReports),
      ...comparedRuns(runs, COMPARED.ap),
      ...comparedRuns(runs, COMPARED.accuracy),
    ],
    notes: unmatched(runs, benchmarkReports),
  }
  const createdAt = now.toISOString()
  const document = {
    createdAt,
    runs,
    benchmarks: benchmarkReports,
    cuda: cudaReports,
    published: PUBLISHED,
    comparison,
  }
  return { document, pictures }
}

const COMPARED = {
  ap: { title: 'Box AP of all runs', name: 'ap', label: 'box AP (%)' },
  accuracy: { title: 'Top-1 accuracy of all runs', name: 'accuracy', label: 'top-1 (%)' },
}

/** Box AP, or accuracy, of several runs over their epochs. */
function comparedRuns(
  runs: readonly RunReport[],
  { title, name: what, label: axis }: (typeof COMPARED)['ap'],
): LineChart[] {
  const series = runs.flatMap(({ id, name, evaluation }) => {
    const chart = evaluation.charts.find((chart) => chart.id === `${id}-${what}`)
    const points = chart?.kind === 'line' ? chart.series[0].points : []
    return points.length > 0 ? [{ label: name, points, weight: 'strong' as const }] : []
  })
  if (series.length < 2) return []
  return [
    {
      id: `compared-${what}`,
      kind: 'line',
      title,
      caption: 'In percent, each on its own validation set.',
      x: { label: 'epoch', format: 'count' },
      y: { label: axis, format: 'ap', min: 0 },
      series,
    },
  ]
}

/** Why runs are not in the plot of speed against accuracy. */
function unmatched(runs: readonly RunReport[], benchmarks: readonly BenchmarkReport[]): string[] {
  if (benchmarks.length === 0) return []
  const configs = new Set(
    benchmarks.flatMap(({ document }) => document.rows.map((row) => row.config)),
  )
  return runs.flatMap((run) => {
    if (!configs.has(run.name)) {
      const names = [...configs].join(', ')
      return [
        `Run ${run.name} is not in the plot: no benchmark row has this config (they have ${names}); NAME=FOLDER on the command line calls a run by its config.`,
      ]
    }
    if (run.classification) {
      return [`Run ${run.name} is not in the plot: it is of a classifier, which has no AP.`]
    }
    if (lastAp(run, 'bbox') === undefined)
      return [`Run ${run.name} is not in the plot: it has no AP yet.`]
    return []
  })
}
