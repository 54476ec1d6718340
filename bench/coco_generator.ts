/**
 * Makes a data set in COCO's format, the size of val2017 unless set otherwise: an annotation file,
 * and results of a detector of middling quality. The same options yield the same files.
 *
 * Run: npx tsx bench/coco_generator.ts --out FOLDER npx tsx bench/coco_generator.ts --out
 *      FOLDER --bytes 600000000 (annotations only, for reading in pieces)
 */
import { Option } from 'commander'
import { command, parseCount, run } from '../tools/cli/command.js'
import {
  annotationFile,
  completeOptions,
  type DataSetOptions,
  resultsFile,
} from './coco_generator/generate.js'
import type { ResultKind } from './coco_generator/results_file.js'

interface Flags extends Partial<DataSetOptions> {
  out: string
  iouType: ResultKind[]
  json?: boolean
}

const program = command('coco_generator', 'Makes annotations and results in COCO format.')
  .name('npx tsx bench/coco_generator.ts')
  .requiredOption('--out <folder>', 'where the files go')
  .addOption(
    new Option('--iou-type <types...>', 'the results to make')
      .choices(['bbox', 'segm', 'keypoints'])
      .default(['bbox', 'segm']),
  )
  .option('--images <n>', '5000, as in val2017', parseCount(1))
  .option('--objects <n>', '7.34 an image', parseCount(1))
  .option('--detections <n>', '100 an image', parseCount(0))
  .option('--seed <n>', 'another number, another data set', parseCount(0))
  .option(
    '--bytes <n>',
    'make the annotation file at least this long, and no results',
    parseCount(1),
  )
  .option('--json', 'print one JSON document on standard output, all else on standard error')

await run<Flags>(program, async (_, flags, say) => {
  const { out, iouType } = flags
  const options = completeOptions(flags)
  const annotations = new Set(iouType.map((kind) => (kind === 'keypoints' ? kind : 'bbox')))
  const files = [...annotations].map((kind) => annotationFile(kind, options, out))
  if (options.bytes === 0) files.push(...iouType.map((kind) => resultsFile(kind, options, out)))
  for (const { path, count } of files) say(`${path}  ${count} entries`)
  return { options, files }
})
