import { DataError } from '../errors.js'
import type { CocoOptions } from './coco_options.js'
import { CROWD, type DataCounts, type ListCounts, MIN_SIDE, NO_AREA, THIN } from './left_out.js'
import type { CountedSample } from './make_samples.js'
import type { Sample } from './sample.js'
import { tallyText, tallyUp } from './tally.js'

/** What to do where one reason takes all objects. */
const FIXES: Partial<Record<string, string>> = {
  [CROWD]: 'set iscrowd to 0 for single objects; CVAT writes 1 for every mask',
  [NO_AREA]: 'leave area out, or give it in pixels',
  [THIN]:
    'give boxes in pixels, [x, y, width, height]; relative ones are to be multiplied by the size of the image',
}

const EMPTY = 'without an object of the classes'
const SMALL = `with a side below ${MIN_SIDE} pixels`

/**
 * Leaves out images that teach nothing (mmdetection 2.x).
 *
 * @throws DataError with the reasons where no image is left, or no object.
 */
export function trainingSamples(
  all: readonly CountedSample[],
  { annFile, keepEmpty = false }: CocoOptions,
  { images, objects }: DataCounts,
): Sample[] {
  const samples: Sample[] = []
  for (const { sample, annotated } of all) {
    // An image whose annotations are crowds, or too small to use, stays as one without objects.
    const fault =
      !keepEmpty && annotated === 0
        ? EMPTY
        : Math.min(...sample.size) < MIN_SIDE
          ? SMALL
          : undefined
    if (fault === undefined) samples.push(sample)
    else tallyUp(images.leftOut, fault, sample.imageId)
    for (const object of fault === undefined ? [] : sample.labels.keys()) {
      tallyUp(objects.leftOut, 'in images left out', sample.annotationId(object))
    }
  }
  const reasons = (counts: ListCounts, what: string) =>
    tallyText(counts.leftOut, what) || 'it has none'
  if (samples.length === 0) {
    const what = `none of its ${images.total} images can be trained on (${reasons(images, 'image')})`
    throw new DataError(annFile, what, 'check the annotations and the class names')
  }
  if (samples.every(({ labels }) => labels.length === 0)) {
    const what = `none of its ${objects.total} objects can be trained on (${reasons(objects, 'annotation')})`
    const [[reason] = [], ...others] = Object.entries(objects.leftOut)
    const fix = others.length === 0 && reason !== undefined ? FIXES[reason] : undefined
    throw new DataError(
      annFile,
      what,
      fix ?? 'give annotations that there is something to learn from',
    )
  }
  return samples
}
