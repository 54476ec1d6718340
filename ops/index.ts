export {
  type AnchorOptions,
  baseAnchors,
  levelAnchors,
  octaveScales,
  pyramidAnchors,
} from './anchors.js'
export {
  type Assignment,
  type AssignOptions,
  type AssignTargets,
  assignByMaxIou,
  BACKGROUND,
  IGNORED,
} from './assign.js'
export { binaryCrossEntropy } from './binary_cross_entropy.js'
export { type BoxCoderOptions, clipBoxes, decodeBoxes, encodeBoxes } from './box_coder.js'
export { boxIou } from './box_iou.js'
export { largestThatCounts, logitsOfClass } from './class_evidence.js'
export { softmaxCrossEntropy } from './cross_entropy.js'
export { detach } from './detach.js'
export { distillationLoss } from './distillation_loss.js'
export { type FocalLossOptions, sigmoidFocalLoss } from './focal_loss.js'
export { fullPrecision } from './full_precision.js'
export { gelu } from './gelu.js'
export { l1Loss } from './l1_loss.js'
export { type FramedMasks, type MaskTargetOptions, maskTargets } from './mask_targets.js'
export { anchorsBySide, matchedBoxes } from './matched_boxes.js'
export { NMS_KERNEL, type NmsAttributes, registerNmsKernel } from './nms/host_kernel.js'
export { multiclassNms, type NmsOptions } from './nms/nms.js'
export { normalizeImages, type PixelStatistics } from './normalize_images.js'
export { oneHot } from './one_hot.js'
export {
  type ProposalLevel,
  type ProposalOptions,
  type Proposals,
  selectProposals,
} from './proposals.js'
export { resizeNearest } from './resize_nearest.js'
export {
  ROI_ALIGN_GRADIENT_KERNEL,
  registerRoiAlignGradientKernel,
} from './roi_align/host_kernel.js'
export { type FeaturePyramid, type RoiAlignOptions, roiAlign } from './roi_align/roi_align.js'
export { type RoiLevelOptions, roiLevels } from './roi_levels.js'
export {
  type RoiObjects,
  type RoiTargetOptions,
  type RoiTargets,
  sampleRois,
} from './roi_targets.js'
export { type Sample, type SampleOptions, samplePositivesAndNegatives } from './sample.js'
export { smoothL1Loss } from './smooth_l1_loss.js'
export {
  smoothedTargets,
  softBinaryCrossEntropy,
  softCrossEntropy,
} from './soft_targets.js'
export { validAnchors } from './valid_anchors.js'
export { windowAttention } from './window_attention.js'
export { planWindows, type WindowPlan, type WindowPlanOptions } from './window_plan.js'
