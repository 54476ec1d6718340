export type { OutcomeOptions } from './analysis/class_outcomes.js'
export { classTableLines } from './analysis/class_table.js'
export type { Comparison } from './analysis/comparison.js'
export {
  type ConfusionMatrix,
  type ConfusionMatrixOptions,
  confusionMatrix,
} from './analysis/confusion_matrix.js'
export { type F1Curve, type F1CurveOptions, type F1Curves, f1Curves } from './analysis/f1_curves.js'
export { type PerClassRow, perClassTable } from './analysis/per_class.js'
export {
  type CurvePoint,
  type PrecisionRecallCurve,
  type PrecisionRecallCurves,
  precisionRecallCurves,
} from './analysis/precision_recall_curves.js'
export {
  type TideDetectionError,
  type TideError,
  type TideErrors,
  type TideOptions,
  tideErrors,
} from './analysis/tide.js'
export { show as showValue } from './annotations/annotation_faults.js'
export type { AnnotationFile, ColumnsUse } from './annotations/annotation_file.js'
export type { AnnotationRows, GivenRows } from './annotations/annotation_rows.js'
export {
  type AnnotationFault,
  annotationRules,
  type KeptRules,
} from './annotations/annotation_rules.js'
export { type AnnotationTrap, annotationTraps } from './annotations/annotation_traps.js'
export type { ResultArray } from './annotations/array_results.js'
export type { AnnotationDrawing, Color, DrawOptions } from './annotations/draw_annotations.js'
export type { AnnotationFilter } from './annotations/filter_rows.js'
export { segmentationOf } from './annotations/object_rows.js'
export {
  type LoadOptions,
  type ReadOptions,
  readAnnotations,
} from './annotations/read_annotations.js'
export { type CategoryFilter, COCO, type ImageFilter, type ResultOptions } from './coco.js'
export { COCOeval, type COCOevalOptions } from './coco_eval.js'
export { CocoError } from './errors.js'
export type { Accumulated } from './evaluate/accumulate.js'
export type { Evaluation } from './evaluate/evaluate_cells.js'
export type { ImageEvaluation } from './evaluate/image_evaluations.js'
export { type IouType, Params } from './evaluate/params.js'
export { KEYPOINT_STAT_NAMES, STAT_NAMES, statNames } from './evaluate/summarize.js'
export { isId } from './ids.js'
export type { ByteStream, JsonSource } from './json/byte_source.js'
export { findJsonError, type JsonPlace } from './json/json_place.js'
export { compressRuns } from './mask/counts_string.js'
export * as mask from './mask/index.js'
export { MaskFault } from './mask/mask_fault.js'
export type { BinaryMask, RLE, UncompressedRLE } from './mask/rle.js'
export { runsBox } from './mask/runs_box.js'
export { runsOf } from './mask/runs_of.js'
export type { Segmentation } from './mask/segmentation.js'
export type {
  CocoAnnotation,
  CocoCategory,
  CocoDataset,
  CocoImage,
  CocoResult,
  Id,
  NdArray,
} from './types.js'
