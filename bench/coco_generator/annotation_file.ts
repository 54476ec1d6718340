import { polygonArea } from './blob.js'
import { CATEGORIES, PERSON } from './categories.js'
import { JsonFile } from './json_file.js'
import { areaOfRuns, fillPolygons } from './runs.js'
import type { Scene, SceneImage, SceneObject } from './scene.js'

/** COCO's annotation ids go up to about two million; those of crowds are far above 2^32. */
const FIRST_CROWD_ID = 900_100_000_000

export interface AnnotationFileContent {
  images: Iterable<SceneImage>
  /** The scenes of these images; other objects for each `round`. */
  scenesOf(round: number): Iterable<Scene>
  /** Persons only, with their points. */
  keypoints: boolean
  /** The file is made at least this long, by more rounds. */
  bytes: number
  /** Folder of COCO's server, as addresses of images name it. @default 'val2017' */
  folder?: string
}

/**
 * Writes an annotation file in the layout of COCO's own: images, annotations, categories.
 *
 * @returns how many annotations it has.
 */
export function writeAnnotationFile(
  path: string,
  { images, scenesOf, keypoints, bytes, folder = 'val2017' }: AnnotationFileContent,
): number {
  const file = new JsonFile(path)
  file.write('{"info": {"description": "made by bench/coco_generator.ts","year": 2017},"images": [')
  let separator = ''
  for (const image of images) {
    file.write(separator + cocoObject(imageEntry(image, folder)))
    separator = ','
  }
  file.write('],"annotations": [')
  separator = ''
  let count = 0
  for (let round = 0; round === 0 || file.bytes < bytes; round++) {
    for (const scene of scenesOf(round)) {
      for (const object of scene.objects) {
        if (keypoints && object.categoryId !== PERSON) continue
        count++
        file.write(separator + cocoObject(annotationEntry(object, scene, count, keypoints)))
        separator = ','
      }
      if (round > 0 && file.bytes >= bytes) break
    }
  }
  const categories = keypoints ? CATEGORIES.filter(({ id }) => id === PERSON) : CATEGORIES
  file.write(`],"categories": [${categories.map(cocoObject).join(',')}]}`)
  file.close()
  return count
}

/** `000000000139.jpg` */
export function fileNameOf(imageId: number): string {
  return `${String(imageId).padStart(12, '0')}.jpg`
}

function imageEntry({ imageId, width, height }: SceneImage, folder: string): object {
  const fileName = fileNameOf(imageId)
  return {
    license: 1 + (imageId % 8),
    file_name: fileName,
    coco_url: `http://images.cocodataset.org/${folder}/${fileName}`,
    height,
    width,
    date_captured: '2013-11-14 17:02:52',
    flickr_url: `http://farm7.staticflickr.com/6116/${imageId}_255d196988_z.jpg`,
    id: imageId,
  }
}

function annotationEntry(
  { categoryId, boxXywh, polygons, isCrowd, keypoints = [] }: SceneObject,
  { imageId, height, width }: SceneImage,
  number: number,
  withKeypoints: boolean,
): object {
  const counts = isCrowd ? fillPolygons(polygons, [height, width]) : []
  return {
    segmentation: isCrowd ? { counts, size: [height, width] } : polygons,
    ...(withKeypoints && { num_keypoints: labelled(keypoints) }),
    area: isCrowd ? areaOfRuns(counts) : polygonArea(polygons),
    iscrowd: Number(isCrowd),
    ...(withKeypoints && { keypoints }),
    image_id: imageId,
    bbox: boxXywh,
    category_id: categoryId,
    id: isCrowd ? FIRST_CROWD_ID + number : number,
  }
}

function labelled(keypoints: readonly number[]): number {
  return keypoints.filter((value, i) => i % 3 === 2 && value > 0).length
}

/** An object as COCO's files have it: a space after the colons of the outer keys only. */
function cocoObject(entry: object): string {
  const fields = Object.entries(entry).map(([key, value]) => `"${key}": ${JSON.stringify(value)}`)
  return `{${fields.join(',')}}`
}
