import type { CocoDataset, Sample } from '../../datasets/index.js'
import { emptyCounts } from '../../datasets/left_out.js'
import { COCO } from '../../packages/pycocotools-js/source/index.js'

/** A data set of samples that no file holds. */
export function dataSetOf(samples: Sample[], classes: string[] = []): CocoDataset {
  return {
    annFile: 'a.json',
    imageDir: '.',
    classes,
    categoryIds: classes.map((_, label) => label + 1),
    samples,
    counts: { images: emptyCounts(), objects: emptyCounts(), notes: [] },
    groundTruth: new COCO(),
    arePresent: false,
  }
}
