import type { Source } from '../name_rules.js'
import { mmdetectionSwin, swinRepository, timmSwin, torchvisionSwin } from './swin.js'
import { torchvisionMaskRCNN, torchvisionRetinaNet } from './torchvision_detectors.js'

const vanillaNet: Source = {
  name: 'VanillaNet, its official repository',
  sign: /^(?:backbone\.)?stem1?\.0\.weight$/,
  rules: [],
}

/** timm names them as torchvision does, and mmdetection too. */
const resnet: Source = {
  name: 'ResNet, torchvision or timm',
  sign: /^(?:backbone\.)?layer1\.0\.conv1\.weight$/,
  rules: [],
  notes: [
    "weights of mmdetection's caffe style have the same names, but take BGR pixels that are not divided by a deviation, and have their strides in other convolutions",
  ],
}

/** The sources whose names are known; the first whose sign a file has is the file's. */
export const SOURCES: readonly Source[] = [
  torchvisionRetinaNet,
  torchvisionMaskRCNN,
  torchvisionSwin,
  mmdetectionSwin,
  swinRepository,
  timmSwin,
  vanillaNet,
  resnet,
]
