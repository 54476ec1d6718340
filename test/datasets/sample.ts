import type { Sample } from '../../datasets/sample.js'

/** An image without a picture; labels count up unless they are given. */
export function sample(size: [number, number], boxes: number[][] = [], labels?: number[]): Sample {
  return {
    imageId: 1,
    file: 'a.png',
    size,
    boxesXyxy: Float32Array.from(boxes.flat()),
    labels: Int32Array.from(labels ?? boxes.map((_, i) => i)),
    crowdBoxesXyxy: new Float32Array(0),
    segmentation: () => undefined,
    annotationId: (object) => object + 1,
  }
}
