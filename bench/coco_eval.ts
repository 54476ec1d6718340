/**
 * COCO evaluation from files to the twelve numbers, ours and pycocotools', each run a process of
 * its own, in turn, on a generated data set the size of val2017. PEERS_PYTHON (or PYTHON) names a
 * Python with pycocotools; without one, only ours is timed.
 *
 * Run: PEERS_PYTHON=python3 npm run bench:coco
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Option } from 'commander'
import { command, parseCount, run } from '../tools/cli/command.js'
import { showProgress } from '../tools/cli/show_progress.js'
import { type Candidate, nodeCandidate, pythonCandidate } from './coco_eval/candidates.js'
import { compare } from './coco_eval/compare.js'
import { tableLines, verdictsOf } from './coco_eval/report.js'
import {
  annotationFile,
  completeOptions,
  type DataSetOptions,
  resultsFile,
} from './coco_generator/generate.js'
import type { ResultKind } from './coco_generator/results_file.js'

interface Flags extends Partial<Omit<DataSetOptions, 'bytes'>> {
  iouType: ResultKind | 'both'
  runs: number
  json?: boolean
}

const program = command('coco_eval', 'Times COCO evaluation against pycocotools.')
  .name('npx tsx bench/coco_eval.ts')
  .addOption(
    new Option('--iou-type <type>', 'what is compared; both: boxes and masks')
      .choices(['bbox', 'segm', 'keypoints', 'both'])
      .default('both'),
  )
  .option('--runs <n>', 'timed runs of each side', parseCount(1), 3)
  .option('--images <n>', '5000, as in val2017', parseCount(1))
  .option('--objects <n>', '7.34 an image', parseCount(1))
  .option('--detections <n>', '100 an image', parseCount(1))
  .option('--seed <n>', 'another number, another data set', parseCount(0))
  .option('--json', 'print one JSON document on standard output, all else on standard error')

await run<Flags>(program, async (_, { iouType, runs, ...given }, say) => {
  const options = completeOptions(given)
  const kinds: ResultKind[] = iouType === 'both' ? ['bbox', 'segm'] : [iouType]
  const folder = await mkdtemp(join(tmpdir(), 'bench-coco-'))
  try {
    const candidates = await findCandidates(folder, say)
    const comparisons = []
    for (const kind of kinds) {
      console.error(`${kind}: making the files, or taking them from .cache`)
      const annotations = annotationFile(kind, options)
      const results = resultsFile(kind, options)
      const comparison = await compare({
        kind,
        files: [annotations.path, results.path],
        counts: [options.images, annotations.count, results.count],
        candidates,
        runs,
        onProgress: showProgress('runs'),
      })
      const verdicts = verdictsOf(comparison)
      for (const line of [...tableLines(comparison), ...verdicts.map(({ line }) => line)]) say(line)
      if (verdicts.some(({ passed }) => passed === false)) process.exitCode = 1
      comparisons.push({ ...comparison, verdicts })
    }
    return { options, runs, comparisons }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

/** The floor, ours, and the peers that this machine has. */
async function findCandidates(folder: string, say: (line: string) => void): Promise<Candidate[]> {
  const python = process.env.PEERS_PYTHON || process.env.PYTHON || 'python3'
  const found = await Promise.all([
    nodeCandidate('floor', 'measure_floor', folder),
    nodeCandidate('ours', 'measure_ours', folder),
    pythonCandidate(python, 'pycocotools'),
    pythonCandidate(python, 'faster_coco_eval'),
  ])
  for (const reason of found) if (typeof reason === 'string') say(reason)
  return found.filter((candidate) => typeof candidate !== 'string')
}
