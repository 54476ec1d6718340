import { ConfigError, DataError } from '../errors.js'
import { annotationTraps } from '../packages/pycocotools-js/source/annotations/annotation_traps.js'
import { COCO } from '../packages/pycocotools-js/source/coco.js'
import { readAnnotationFile } from './annotation_file.js'
import type { CocoOptions } from './coco_options.js'
import { Faults } from './faults.js'
import { keptRows } from './kept_rows.js'
import { countDefaults, type DataCounts, emptyCounts } from './left_out.js'
import { locateImages } from './locate_images.js'
import { type CountedSample, makeSamples } from './make_samples.js'
import type { Sample } from './sample.js'
import { SelectedRows } from './selected_rows.js'
import { type SoundCategory, soundCategories, soundImages } from './sound_entries.js'
import { countOf } from './tally.js'
import { trainingSamples } from './training_samples.js'

export interface CocoDataset {
  annFile: string
  imageDir: string
  /** Names, by label. */
  classes: string[]
  /** The file's category ids, by label. */
  categoryIds: number[]
  /** Images in the order of the file. */
  samples: Sample[]
  /**
   * What is used of the file, and what is not. Evaluation reads all sound annotations of the
   * classes.
   */
  counts: DataCounts
  /** All categories, the first `limit` images, and their annotations. Evaluation reads it. */
  groundTruth: COCO
  /** Whether every picture was there when the data set was opened. */
  arePresent: boolean
}

/**
 * Loads a COCO annotation file. Everything in it that a batch or an evaluation would refuse is
 * found here, and all reported at once.
 *
 * Source: filtering as mmdetection 2.x's `CocoDataset`; see `objectFault`.
 */
export async function loadCoco(options: CocoOptions): Promise<CocoDataset> {
  const { annFile, imageDir, limit, masks = false, invalid = 'refuse' } = options
  if (limit !== undefined && !(Number.isInteger(limit) && limit > 0)) {
    throw new ConfigError('limit', `is ${limit}`, 'give a number of images, at least 1')
  }
  const file = await readAnnotationFile(annFile, options)
  const faults = new Faults(annFile, { drop: invalid === 'drop' })
  const counts: DataCounts = { images: emptyCounts(), objects: emptyCounts(), notes: file.notes }
  const listed = file.images.slice(0, limit)
  counts.images.total = listed.length
  const categories = soundCategories(file.categories, faults)
  const named = soundImages(listed, faults, counts.images.leftOut)
  const { images, arePresent } = await locateImages(named, options, { faults, counts })
  const kept = keptRows(file, { images, faults, masks, counts: counts.objects })
  faults.throwIfAny()

  const sound = kept.length === file.rows.length ? file.rows : new SelectedRows(file.rows, kept)
  const groundTruth = new COCO({ ...file.dataset, images, categories }, annFile, sound)
  const { rows } = groundTruth
  countDefaults(rows, counts.objects)
  const chosen = chooseCategories(annFile, categories, options.classes)
  const { mode } = options
  const all = makeSamples(images, rows, { categories: chosen, mode, counts: counts.objects })
  const samples =
    mode === 'test' ? testSamples(all, options) : trainingSamples(all, options, counts)
  counts.images.used = samples.length
  counts.objects.used = counts.objects.total - countOf(counts.objects.leftOut)
  if (mode === 'test') counts.notes.push(...evaluationNotes(groundTruth, counts))
  return {
    annFile,
    imageDir,
    classes: chosen.map(({ name }) => name),
    categoryIds: chosen.map(({ id }) => id),
    samples,
    counts,
    groundTruth,
    arePresent,
  }
}

/** What an evaluation counts otherwise than most expect, and pycocotools alike. */
function evaluationNotes(groundTruth: COCO, { objects }: DataCounts): string[] {
  const traps = annotationTraps(groundTruth)
  const notes = traps.map(({ message }) => message.slice(`${groundTruth.name}: `.length))
  if (objects.used === 0 && traps.length === 0)
    notes.push('there is nothing to find: every AP is -1')
  return notes
}

/** All images. */
function testSamples(all: readonly CountedSample[], { annFile }: CocoOptions): Sample[] {
  if (all.length === 0) throw new DataError(annFile, 'has no images', 'give a file that has some')
  return all.map(({ sample }) => sample)
}

function chooseCategories(
  annFile: string,
  categories: readonly SoundCategory[],
  classes: readonly string[] | undefined,
): readonly SoundCategory[] {
  if (classes === undefined) return categories
  const byName = new Map(categories.map((category) => [category.name, category]))
  const missing = classes.filter((name) => !byName.has(name))
  if (missing.length > 0) {
    const has = quoteNames([...byName.keys()])
    throw new DataError(
      annFile,
      `has no category ${quoteNames(missing)}, a class of the model (it has ${has})`,
      'use annotations with the categories that the model was trained on',
    )
  }
  return classes.map((name) => byName.get(name)!)
}

function quoteNames(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => `'${name}'`)
  if (names.length > 5) shown.push(`${names.length - 5} more`)
  return shown.length === 0 ? 'none' : shown.join(', ')
}
