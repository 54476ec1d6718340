"""torchvision's Mask R-CNN: what our training step and inference are timed against.

The numbers are those of our config, which are mmdetection's; the code of neck and heads is torchvision's own.
"""

import torch
from backbones import make_backbone
from torch import nn
from torchvision.models.detection import MaskRCNN as TorchvisionMaskRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.ops import FeaturePyramidNetwork, MultiScaleRoIAlign
from torchvision.ops.feature_pyramid_network import LastLevelMaxPool

READ_LEVELS = ["0", "1", "2", "3"]


class Pyramid(nn.Module):
    out_channels = 256

    def __init__(self, network, deploy):
        super().__init__()
        self.backbone = make_backbone(network, deploy)
        taps = self.backbone.channels
        self.neck = FeaturePyramidNetwork(taps, self.out_channels, LastLevelMaxPool())

    def forward(self, x):
        features = self.backbone(x)
        return self.neck({str(level): feature for level, feature in enumerate(features)})


class MaskRCNN(nn.Module):
    memory_format = torch.contiguous_format  # of the input

    def __init__(self, network, deploy=False):
        super().__init__()
        self.model = TorchvisionMaskRCNN(
            Pyramid(network, deploy),
            num_classes=network["num_classes"] + 1,  # the background is a class, with a box and a mask of its own
            rpn_anchor_generator=AnchorGenerator(
                sizes=((32,), (64,), (128,), (256,), (512,)),
                aspect_ratios=((0.5, 1.0, 2.0),) * 5,
            ),
            rpn_pre_nms_top_n_train=2000,
            rpn_post_nms_top_n_train=1000,
            rpn_nms_thresh=0.7,
            rpn_batch_size_per_image=256,
            rpn_positive_fraction=0.5,
            box_roi_pool=MultiScaleRoIAlign(READ_LEVELS, output_size=7, sampling_ratio=2),
            box_batch_size_per_image=512,
            box_positive_fraction=0.25,
            mask_roi_pool=MultiScaleRoIAlign(READ_LEVELS, output_size=14, sampling_ratio=2),
            _skip_resize=True,  # images are given in the size they are wanted in
        )
        self.register_buffer("mean", torch.tensor([123.675, 116.28, 103.53]).view(1, 3, 1, 1), False)
        self.register_buffer("std", torch.tensor([58.395, 57.12, 57.375]).view(1, 3, 1, 1), False)
        self.mask_count = 0
        self.model.roi_heads.mask_head.register_forward_pre_hook(self.count_masks)

    def count_masks(self, _, inputs):
        self.mask_count = len(inputs[0])

    def prepare(self, boxes, labels, shape):
        """Targets as a data loader gives them; an object's mask is the ellipse in its box."""
        sides = (torch.arange(side, device=boxes.device) + 0.5 for side in shape)
        y, x = torch.meshgrid(*sides, indexing="ij")
        targets = []
        for image_boxes, image_labels in zip(boxes, labels):
            x1, y1, x2, y2 = image_boxes[:, :, None, None].unbind(1)
            across = (2 * x - x1 - x2) / (x2 - x1)
            down = (2 * y - y1 - y2) / (y2 - y1)
            masks = (across**2 + down**2 <= 1).to(torch.uint8)
            targets.append({"boxes": image_boxes, "labels": image_labels + 1, "masks": masks})
        return targets

    def loss(self, images, targets):
        """images: uint8 [n, h, w, 3]."""
        pixels = images.permute(0, 3, 1, 2).float() / 255
        return sum(self.model(list(pixels), targets).values())

    def counts(self):
        """RoIs that the last step learned masks from."""
        return {"positives": self.mask_count}

    def forward(self, images, proposals, boxes, labels):
        """The network alone, on given RoIs: uint8 [n, h, w, 3]; [n, r, 4], [n, k, 4] x1 y1 x2 y2; [n, k]."""
        pixels = (images.permute(0, 3, 1, 2).to(self.mean.dtype) - self.mean) / self.std
        features = self.model.backbone(pixels.contiguous(memory_format=self.memory_format))
        heads = self.model.roi_heads
        sizes = [pixels.shape[-2:]] * len(pixels)
        rois = heads.box_head(heads.box_roi_pool(features, list(proposals), sizes))
        mask_rois = heads.mask_head(heads.mask_roi_pool(features, list(boxes), sizes))
        masks = heads.mask_predictor(mask_rois)  # [n k, classes, 28, 28]
        chosen = masks[torch.arange(len(masks)), labels.flatten() + 1]
        return self.model.rpn.head(list(features.values())), heads.box_predictor(rois), chosen
