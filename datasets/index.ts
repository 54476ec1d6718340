export {
  type Augmentation,
  augmentImage,
  placeImage,
  randomFlip,
  randomScale,
  type Transform,
  trainTransforms,
} from './augment.js'
export { assembleBatch, type BatchPlan, type HostBatch, objectSlots, planBatch } from './batch.js'
export { drawMasks } from './batch_masks.js'
export { type CifarOptions, readCifar } from './classification/cifar.js'
export {
  type ClassAugmentation,
  type ClassBatchOptions,
  type ClassEvalBatch,
  type ClassEvalOptions,
  ClassLoader,
  type ClassLoaderOptions,
  type ClassTensors,
  classEvalBatches,
} from './classification/class_loader.js'
export type {
  CropOptions,
  PaddedCrop,
  ResizedCrop,
  TestCropOptions,
  TestCropsOptions,
} from './classification/crop_options.js'
export type { ErasingOptions } from './classification/draw_erasing.js'
export type { ColorJitterOptions } from './classification/draw_jitter.js'
export type { MixingOptions } from './classification/draw_mixing.js'
export type { RandAugmentOptions } from './classification/draw_rand_augment.js'
export { type ImageFolderOptions, readImageFolder } from './classification/image_folder.js'
export type { LabelledImage, LabelledImages } from './classification/labelled_images.js'
export { type CocoDataset, loadCoco } from './coco.js'
export type { CocoOptions } from './coco_options.js'
export { type DataReport, dataLines, dataReport } from './data_report.js'
export type { ExifMode, ImageHeader } from './exif.js'
export { countExif, type ExifCounts, exifLines, readHeaders } from './exif_counts.js'
export { decodeImage, type ImageOptions } from './image.js'
export { readHeader } from './image_header.js'
export type { DataCounts, ListCounts } from './left_out.js'
export {
  type EvalOptions,
  evalBatches,
  type Position,
  planEvaluation,
  type TrainingBatch,
  TrainLoader,
  type TrainLoaderOptions,
} from './loader.js'
export type { BatchMasks } from './mask_cells.js'
export { type MaskRequest, maskRequest } from './mask_request.js'
export type { RgbPicture } from './pixels/rgb.js'
export { tenCrop } from './pixels/ten_crop.js'
export type { PlacedImage } from './placed_image.js'
export { readClasses } from './read_classes.js'
export { resizeBilinear, resizedSize, type Target } from './resize.js'
export type { CocoId, Sample } from './sample.js'
export { aspectGroup, batchesPerEpoch, epochBatches } from './sampler.js'
export type { InputShape, ShapePlan, SharedShape } from './shape_plan.js'
export { shapeLine, shapeReport } from './shape_report.js'
export { SHAPE_CLASSES } from './shape_scene.js'
export { generateShapes, type ShapesFiles, type ShapesOptions } from './shapes.js'
