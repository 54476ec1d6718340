"""RetinaNet in plain PyTorch: what our training step and inference are timed against.

Written for these benchmarks from the papers (arXiv 1612.03144, 1708.02002) and from
mmdetection 2.x's conventions, in PyTorch's most usual form: eager, float32, NCHW, no compilation.
"""

import math

import torch
import torch.nn.functional as F
from backbones import make_backbone
from torch import nn


class FPN(nn.Module):
    """Three backbone maps to five: laterals, top-down sums, and two strided convolutions on the last map."""

    def __init__(self, in_channels, channels=256):
        super().__init__()
        self.laterals = nn.ModuleList(nn.Conv2d(c, channels, 1) for c in in_channels)
        self.outs = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in in_channels)
        self.p6 = nn.Conv2d(in_channels[-1], channels, 3, stride=2, padding=1)
        self.p7 = nn.Conv2d(channels, channels, 3, stride=2, padding=1)
        for conv in [*self.laterals, *self.outs, self.p6, self.p7]:
            nn.init.xavier_uniform_(conv.weight)
            nn.init.zeros_(conv.bias)

    def forward(self, features):
        maps = [lateral(x) for lateral, x in zip(self.laterals, features)]
        for level in range(len(maps) - 1, 0, -1):
            size = maps[level - 1].shape[-2:]
            maps[level - 1] = maps[level - 1] + F.interpolate(maps[level], size=size, mode="nearest")
        outs = [conv(x) for conv, x in zip(self.outs, maps)]
        p6 = self.p6(features[-1])
        return [*outs, p6, self.p7(p6)]


class RetinaHead(nn.Module):
    def __init__(self, num_classes, channels=256, anchors=9, stacked=4):
        super().__init__()

        def tower(out_channels, bias):
            convs = [nn.Conv2d(channels, channels, 3, padding=1) for _ in range(stacked)]
            last = nn.Conv2d(channels, out_channels, 3, padding=1)
            for conv in [*convs, last]:
                nn.init.normal_(conv.weight, std=0.01)
                nn.init.zeros_(conv.bias)
            nn.init.constant_(last.bias, bias)
            layers = [layer for conv in convs for layer in (conv, nn.ReLU(inplace=True))]
            return nn.Sequential(*layers, last)

        self.num_classes = num_classes
        self.classes = tower(anchors * num_classes, -math.log(99))
        self.boxes = tower(anchors * 4, 0)

    def forward(self, features):
        """Maps of each level; in training logits [n, a, classes] and deltas [n, a, 4] of the anchors of all levels."""
        classes = [self.classes(x) for x in features]
        boxes = [self.boxes(x) for x in features]
        if not self.training:
            return classes, boxes

        def flat(maps, width):
            return torch.cat([m.permute(0, 2, 3, 1).reshape(m.shape[0], -1, width) for m in maps], 1)

        return flat(classes, self.num_classes), flat(boxes, 4)


class RetinaNet(nn.Module):
    memory_format = torch.contiguous_format  # of the input

    def __init__(self, network, deploy=False):
        super().__init__()
        self.backbone = make_backbone(network, deploy)
        self.neck = FPN(self.backbone.channels)
        self.head = RetinaHead(network["num_classes"])
        self.strides = [self.backbone.stride * 2**level for level in range(5)]
        self.register_buffer("mean", torch.tensor([123.675, 116.28, 103.53]).view(1, 3, 1, 1), False)
        self.register_buffer("std", torch.tensor([58.395, 57.12, 57.375]).view(1, 3, 1, 1), False)

    def forward(self, images):
        """images: uint8 [n, h, w, 3]."""
        pixels = (images.permute(0, 3, 1, 2).to(self.mean.dtype) - self.mean) / self.std
        features = self.neck(self.backbone(pixels.contiguous(memory_format=self.memory_format)))
        return self.head(features), [f.shape[-2:] for f in features]

    def prepare(self, boxes, labels, shape):
        """boxes: [n, g, 4] x1 y1 x2 y2; labels: [n, g]."""
        return boxes, labels

    def loss(self, images, targets):
        boxes, labels = targets
        (logits, deltas), sizes = self(images)
        anchors = make_anchors(sizes, self.strides, logits.device)
        class_loss = box_loss = positives = 0
        for image in range(len(images)):
            target, matched = assign(anchors, boxes[image], labels[image])
            counted, found = target != IGNORED, target >= 0
            one_hot = torch.zeros_like(logits[image], dtype=torch.float32)
            one_hot[found, target[found]] = 1
            class_loss = class_loss + focal_loss(logits[image][counted], one_hot[counted])
            wanted = encode(anchors[found], boxes[image][matched[found]])
            box_loss = box_loss + F.l1_loss(deltas[image][found], wanted, reduction="sum")
            positives += max(1, int(found.sum()))
        return (class_loss + box_loss) / positives

    def counts(self):
        return {}


BACKGROUND, IGNORED = -1, -2


def make_anchors(sizes, strides, device):
    """[a, 4] x1 y1 x2 y2: by level, row, column, ratio, scale; a cell's anchors are centred on its corner."""
    levels = []
    for (height, width), stride in zip(sizes, strides):
        ratios = torch.tensor([0.5, 1.0, 2.0], device=device).sqrt()[:, None]
        scales = 4 * stride * 2 ** (torch.arange(3, device=device) / 3)[None]
        half = torch.stack([scales / ratios, scales * ratios], -1).reshape(-1, 2) / 2  # w, h
        sides = (torch.arange(side, device=device) for side in (height, width))
        y, x = torch.meshgrid(*sides, indexing="ij")
        centres = (torch.stack([x, y], -1) * stride).reshape(-1, 1, 2).float()
        levels.append(torch.cat([centres - half, centres + half], -1).reshape(-1, 4))
    return torch.cat(levels)


def assign(anchors, boxes, labels):
    """Label of each anchor (or BACKGROUND, IGNORED) and index of its box, by the best overlap."""
    low = torch.maximum(anchors[None, :, :2], boxes[:, None, :2])
    high = torch.minimum(anchors[None, :, 2:], boxes[:, None, 2:])
    shared = (high - low).clamp(min=0).prod(-1)  # [g, a]
    area = lambda b: (b[:, 2:] - b[:, :2]).prod(-1)  # noqa: E731
    overlap = shared / (area(boxes)[:, None] + area(anchors)[None] - shared).clamp(min=1e-6)
    best, matched = overlap.max(0)
    chosen = best >= 0.5
    for i, most in enumerate(overlap.max(1).values):
        closest = overlap[i] == most  # a box without a good anchor takes its best ones
        matched[closest] = i
        chosen |= closest
    target = torch.where(best < 0.4, BACKGROUND, IGNORED)
    return torch.where(chosen, labels[matched], target), matched


def encode(anchors, boxes):
    size, wanted = anchors[:, 2:] - anchors[:, :2], boxes[:, 2:] - boxes[:, :2]
    shift = (boxes[:, 2:] + boxes[:, :2] - anchors[:, 2:] - anchors[:, :2]) / 2
    return torch.cat([shift / size, (wanted / size).log()], 1)


def focal_loss(logits, targets, alpha=0.25, gamma=2):
    probability = logits.sigmoid()
    missed = (1 - probability) * targets + probability * (1 - targets)
    weight = (alpha * targets + (1 - alpha) * (1 - targets)) * missed**gamma
    return (weight * F.binary_cross_entropy_with_logits(logits, targets, reduction="none")).sum()
