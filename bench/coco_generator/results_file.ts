import { placeShape } from './blob.js'
import type { Detection } from './detect.js'
import { JsonFile } from './json_file.js'
import { compressRuns, fillPolygons } from './runs.js'
import type { Scene } from './scene.js'

export type ResultKind = 'bbox' | 'segm' | 'keypoints'

/** Writes a results file in the form of COCO's examples. @returns how many results it has. */
export function writeResultsFile(
  path: string,
  kind: ResultKind,
  detected: Iterable<{ scene: Scene; detections: readonly Detection[] }>,
): number {
  const file = new JsonFile(path)
  let count = 0
  function* entries() {
    for (const { scene, detections } of detected)
      for (const detection of detections) {
        if (kind === 'keypoints' && !detection.keypoints) continue
        count++
        yield {
          image_id: scene.imageId,
          category_id: detection.categoryId,
          ...findingOf(kind, detection, scene),
          score: detection.score,
        }
      }
  }
  file.writeArray(entries())
  file.close()
  return count
}

function findingOf(kind: ResultKind, detection: Detection, { height, width }: Scene): object {
  const { boxXywh, keypoints } = detection
  if (kind === 'bbox') return { bbox: boxXywh }
  if (kind === 'keypoints') return { keypoints }
  const size = [height, width] as const
  const counts = compressRuns(fillPolygons(placeShape(detection.shape(), boxXywh), size))
  return { segmentation: { size, counts } }
}
