/** A detector's published results on COCO val2017, in the units of the paper. */
export interface PublishedResult {
  detector: 'RetinaNet' | 'Mask R-CNN'
  backbone: string
  /** The config of ours that is this very model; undefined where there is none. */
  config?: string
  /** Billions of multiply-accumulates at 1280 x 800, as mmcv counts them. */
  gmacs: number
  paramsM: number
  /** Images a second on an A100. */
  fps: number
  /** AP of boxes, 0 to 1. */
  AP: number
  /** AP of masks, 0 to 1. */
  segmAP?: number
  source: PublishedSource
}

export type PublishedSource = 'paper' | 'repository'

export const PUBLISHED_SOURCES: Record<PublishedSource, string> = {
  paper: 'VanillaNet paper (arXiv:2305.12972), table 5; three activations in a series',
  repository: 'VanillaNet repository, updated table; four activations, distilled pre-training',
}

/** Results on an A100. The harness behind the FPS is not published. */
export const PUBLISHED: readonly PublishedResult[] = [
  {
    ...{ detector: 'RetinaNet', backbone: 'Swin-T' },
    ...{ gmacs: 245, paramsM: 38.5, fps: 27.5, AP: 0.415, source: 'paper' },
  },
  {
    ...{ detector: 'RetinaNet', backbone: 'VanillaNet-13' },
    ...{ gmacs: 397, paramsM: 74.6, fps: 29.8, AP: 0.418, source: 'paper' },
  },
  {
    ...{ detector: 'Mask R-CNN', backbone: 'Swin-T' },
    ...{ gmacs: 267, paramsM: 47.8, fps: 28.2, AP: 0.427, segmAP: 0.393, source: 'paper' },
  },
  {
    ...{ detector: 'Mask R-CNN', backbone: 'VanillaNet-13' },
    ...{ gmacs: 421, paramsM: 76.3, fps: 32.6, AP: 0.429, segmAP: 0.396, source: 'paper' },
  },
  {
    ...{ detector: 'RetinaNet', backbone: 'Swin-T', config: 'retinanet_swin_t' },
    ...{ gmacs: 244.8, paramsM: 38.5, fps: 27.5, AP: 0.415, source: 'repository' },
  },
  {
    ...{ detector: 'RetinaNet', backbone: 'VanillaNet-13', config: 'retinanet_vanilla13' },
    ...{ gmacs: 396.9, paramsM: 75.4, fps: 29.8, AP: 0.43, source: 'repository' },
  },
  {
    ...{ detector: 'Mask R-CNN', backbone: 'Swin-T', config: 'mask_rcnn_swin_t' },
    ...{ gmacs: 263.8, paramsM: 47.8, fps: 28.2, AP: 0.437, segmAP: 0.398, source: 'repository' },
  },
  {
    ...{ detector: 'Mask R-CNN', backbone: 'ConvNeXtV2-Nano' },
    ...{ gmacs: 220.6, paramsM: 35.2, fps: 34.4, AP: 0.433, segmAP: 0.394, source: 'repository' },
  },
  {
    ...{ detector: 'Mask R-CNN', backbone: 'VanillaNet-13', config: 'mask_rcnn_vanilla13' },
    ...{ gmacs: 420.7, paramsM: 77.1, fps: 32.6, AP: 0.443, segmAP: 0.401, source: 'repository' },
  },
]
