export {
  type Augmentation,
  assembleBatch,
  augmentImage,
  type BatchPlan,
  type HostBatch,
  objectSlots,
  type PlacedImage,
  placeImage,
  planBatch,
} from './batch.js'
export { type CocoDataset, type CocoOptions, loadCoco, type Sample } from './coco.js'
export {
  type CocoAnnotation,
  type CocoCategory,
  type CocoId,
  type CocoImage,
  type CocoJson,
  type CocoRle,
  readCocoJson,
} from './coco_json.js'
export type { ExifMode, ImageHeader } from './exif.js'
export { countExif, type ExifCounts, exifLines, readHeaders } from './exif_counts.js'
export { decodeImage, type ImageOptions } from './image.js'
export { readHeader } from './image_header.js'
export { type LeftOut, leftOutLines } from './left_out.js'
export {
  type EvalOptions,
  evalBatches,
  type Position,
  type TrainingBatch,
  TrainLoader,
  type TrainLoaderOptions,
} from './loader.js'
export { type FoundPictures, findPictures } from './picture_paths.js'
export { resizeBilinear, resizedSize, type Target } from './resize.js'
export { aspectGroup, batchesPerEpoch, epochBatches } from './sampler.js'
export { SHAPE_CLASSES } from './shape_scene.js'
export { generateShapes, type ShapesFiles, type ShapesOptions } from './shapes.js'
