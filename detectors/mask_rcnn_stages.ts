import type { HostTree, RunTensor } from '../engine/tensors.js'
import type { BBoxOutputs } from '../heads/bbox_head.js'
import type { RoIHead } from '../heads/roi_head.js'
import type { RPNHead } from '../heads/rpn_head.js'
import { anchorOutputs } from '../heads/scene/anchor_outputs.js'
import { repeatImages, sizesOf } from '../heads/scene/repeat_images.js'
import { fixedRois, maskLogits, roiOutputs } from '../heads/scene/roi_outputs.js'
import { sceneObjects } from '../heads/scene/scene_objects.js'
import { ints } from '../host_tensor.js'
import * as tf from '../tf/tf.js'
import type { Detections } from './detector.js'
import { paddedSizes } from './input_frames.js'
import type { PyramidDetector } from './pyramid_detector.js'
import type { Stages, TimedImages } from './stages.js'

/** Anchors that see an object: three stand in each cell. */
const ANCHORS_PER_OBJECT = 30

/** Where the second stage looks. */
type Rois = {
  /** `[n, r, 4]`, input pixels: what is classified. */
  proposals: tf.Tensor
  /** `[n, k, 4]`, input pixels: what is masked. */
  boxes: tf.Tensor
  /** `[n, k]` int32, class of each mask. */
  labels: tf.Tensor
}

type Raw = {
  objectness: tf.Tensor[]
  rpnDeltas: tf.Tensor[]
  classLogits: tf.Tensor
  boxDeltas: tf.Tensor
  maskLogits: tf.Tensor
}

type Found = Detections & {
  /** Proposals, which nothing here needs, so that the work of choosing them is done. */
  proposals: tf.Tensor
}

/**
 * Mask R-CNN, cut where its heads end: the network is all that has weights, with the resampling of
 * features for the second stage; the choice of proposals, of detections, and the scale of masks are
 * post-processing.
 */
export function maskRcnnStages(
  detector: PyramidDetector & { readonly rpn_head: RPNHead; readonly roi_head: RoIHead },
  { size, batch, seed }: TimedImages,
): Stages<Rois, Raw, Found> {
  const { rpn_head, roi_head } = detector
  const { bbox_head, mask_head, test } = roi_head
  const { numClasses } = bbox_head
  const { maxPerImage: proposalCount } = rpn_head.selection.test
  const objects = sceneObjects(size, numClasses, seed)
  const proposals = fixedRois(objects, { count: proposalCount, size, seed, name: 'proposals' })
  const boxes = fixedRois(objects, { count: test.maxPerImage, size, seed, name: 'boxes' })

  return {
    network({ images, imageSizes, rois }) {
      const input = { images: images as tf.Tensor4D, imageSizes: imageSizes as tf.Tensor2D }
      const features = detector.features(input)
      const { objectness, boxDeltas: rpnDeltas } = rpn_head.forward(features)
      const maskRois = roi_head.extract(features, rois.boxes as tf.Tensor3D, mask_head.roiSize)
      return {
        objectness,
        rpnDeltas,
        ...roi_head.forward(features, rois.proposals as tf.Tensor3D),
        maskLogits: mask_head.logitsOf(maskRois, tf.reshape(rois.labels, [-1])),
      }
    },
    postprocess({ raw, rois, frames }) {
      const { imageSizes, scaleFactors } = frames as Record<string, tf.Tensor2D>
      const [imageCount, roiCount] = rois.proposals.shape
      const chosen = rpn_head.proposals(
        { objectness: raw.objectness, boxDeltas: raw.rpnDeltas } as Parameters<
          typeof rpn_head.proposals
        >[0],
        { imageSizes, paddedSizes: paddedSizes(imageSizes) },
        'test',
      )
      const outputs = { classLogits: raw.classLogits, boxDeltas: raw.boxDeltas } as BBoxOutputs
      const everyProposal = tf.ones([imageCount, roiCount]) as tf.Tensor2D
      const proposals = { boxesXyxy: rois.proposals as tf.Tensor3D, scores: everyProposal }
      const detections = roi_head.detect(outputs, proposals, { imageSizes, scaleFactors })
      const masks = roi_head.masks(raw.maskLogits as tf.Tensor3D, detections.labels)
      return { ...detections, masks, proposals: chosen.boxesXyxy }
    },
    rois: {
      proposals: repeatImages(proposals.flat(), batch, [batch, proposals.length, 4]),
      boxes: repeatImages(boxes.flat(), batch, [batch, boxes.length, 4]),
      labels: ints(
        Array.from({ length: batch }, () => boxes.map((_, i) => i % numClasses)).flat(),
        [batch, boxes.length],
      ),
    },
    fixedOutputs(computed): HostTree<Raw> {
      const seen = objects.map(({ boxXyxy }) => ({ boxXyxy, label: 0 })) // whatever their class
      const anchors = anchorOutputs(seen, {
        featureSizes: sizesOf(computed.objectness),
        anchors: rpn_head.anchors,
        numClasses: 1,
        anchorsPerObject: ANCHORS_PER_OBJECT,
        seed,
      })
      const second = roiOutputs(objects, { count: proposals.length, numClasses, seed })
      const mask = maskLogits(mask_head.maskSize)
      const repeatLevels = (values: Float32Array[], maps: readonly RunTensor[]) =>
        maps.map(({ shape }, i) => repeatImages(values[i], batch, shape))
      return {
        objectness: repeatLevels(anchors.logits, computed.objectness),
        rpnDeltas: repeatLevels(anchors.deltas, computed.rpnDeltas),
        classLogits: repeatImages(second.classLogits, batch, computed.classLogits.shape),
        boxDeltas: repeatImages(second.boxDeltas, batch, computed.boxDeltas.shape),
        maskLogits: repeatImages(mask, batch * boxes.length, computed.maskLogits.shape),
      }
    },
    settings: {
      numClasses,
      anchors: rpn_head.anchors,
      selection: rpn_head.selection.test,
      coder: bbox_head.coder,
      test,
    },
  }
}
