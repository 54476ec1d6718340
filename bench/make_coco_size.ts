/**
 * Makes a data set of COCO's size, in the layout of COCO 2017 as it is unpacked: 118,287 images
 * with 860,001 objects to train on, 450 MB of annotations, and 5,000 with 36,781 to evaluate on.
 * Its 123,287 files are hard links to 343 pictures, so that it takes 0.5 GB; where the file system
 * has no links, they are copies of 18 GB.
 *
 * Run: npm run make:coco-size -- DIR
 */
import { command, parseCount, run } from '../tools/cli/command.js'
import { COCO_SPLITS } from './coco_generator/coco_2017.js'
import { type CocoSizeOptions, makeCocoSize } from './coco_generator/coco_size.js'

interface Flags extends CocoSizeOptions {
  json?: boolean
}

const program = command('make_coco_size', 'Makes a data set of the size and layout of COCO 2017.')
  .name('npm run make:coco-size --')
  .argument('<folder>', 'a new or empty one')
  .option('--train-images <n>', 'of train2017', parseCount(1), COCO_SPLITS.train.images)
  .option('--val-images <n>', 'of val2017', parseCount(1), COCO_SPLITS.val.images)
  .option('--seed <n>', 'another number, another data set', parseCount(0), 0)
  .option('--json', 'print one JSON document on standard output, all else on standard error')

await run<Flags>(program, async ([folder], { trainImages, valImages, seed }, say) => {
  const options = { trainImages, valImages, seed }
  const files = await makeCocoSize(folder, options, say)
  const { annotations, pictures, copies } = files
  for (const { path, count } of annotations) say(`${path}  ${count} annotations`)
  say(`${trainImages + valImages} files show ${pictures} pictures`)
  if (copies > 0) say(`${copies} of them are copies, as the file system made no hard links to them`)
  return { options, files }
})
