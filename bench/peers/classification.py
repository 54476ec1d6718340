"""Trains VanillaNet as a classifier of class folders in plain PyTorch, as a config here does.

Reads a line of JSON, what to train, and answers what it is; for each line after it, it trains an
epoch and answers with its loss and speed, after the last one with the accuracy.
"""

import json
import math
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import ImageFolder

from vanillanet import SeriesActivation, conv_norm

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


class Stage(nn.Module):
    def __init__(self, inside, outside, stride, act_num):
        super().__init__()
        self.conv1 = conv_norm(inside, inside, kernel_size=1)
        self.conv2 = conv_norm(inside, outside, kernel_size=1)
        self.pool = nn.MaxPool2d(stride) if stride > 1 else nn.Identity()
        self.act = SeriesActivation(outside, act_num, False)

    def forward(self, x, slope):
        x = self.conv1(x)
        return self.act(self.pool(self.conv2(x if slope == 1 else F.leaky_relu(x, slope))))


class Classifier(nn.Module):
    """Deep training with the slope of the activation between paired convolutions as an argument."""

    def __init__(self, dims, strides, act_num, classes):
        super().__init__()
        self.stem1 = conv_norm(3, dims[0], kernel_size=4, stride=4)
        self.stem2 = conv_norm(dims[0], dims[0], kernel_size=1)
        self.act = SeriesActivation(dims[0], act_num, False)
        sizes = zip(dims[:-1], dims[1:], strides)
        self.stages = nn.ModuleList(Stage(*size, act_num) for size in sizes)
        self.cls1 = conv_norm(dims[-1], classes, kernel_size=1)
        self.cls2 = nn.Conv2d(classes, classes, kernel_size=1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.trunc_normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)

    def forward(self, x, slope):
        def between(x):
            return x if slope == 1 else F.leaky_relu(x, slope)

        x = self.act(self.stem2(between(self.stem1(x))))
        for stage in self.stages:
            x = stage(x, slope)
        x = x.mean((2, 3), keepdim=True)
        return self.cls2(between(self.cls1(x))).flatten(1)


def loader_of(folder, spec, training):
    steps = [transforms.ToTensor(), transforms.Normalize(MEAN, STD)]
    if training:
        crop = transforms.RandomCrop(spec["imageSize"], padding=spec["padding"])
        steps = [crop, transforms.RandomHorizontalFlip(spec["flip"]), *steps]
    return DataLoader(
        ImageFolder(folder, transforms.Compose(steps)),
        batch_size=spec["batchSize"] if training else spec["testBatchSize"],
        shuffle=training,
        drop_last=training,
        num_workers=spec["workers"],
        persistent_workers=True,
    )


def rate_at(step, total, spec):
    """As the official code: evenly spaced warm-up, then a cosine to 0."""
    warmup, rate = spec["warmupIters"], spec["learningRate"]
    if step < warmup:
        return rate * step / max(1, warmup - 1)
    return 0.5 * rate * (1 + math.cos(math.pi * (step - warmup) / (total - warmup)))


def main():
    spec = json.loads(sys.stdin.readline())
    torch.manual_seed(spec["seed"])
    torch.set_num_threads(spec["threads"])
    model = Classifier(spec["dims"], spec["strides"], spec["actNum"], spec["numClasses"])
    vectors = [p for n, p in model.named_parameters() if p.ndim == 1 or n.endswith(".bias")]
    weights = [p for n, p in model.named_parameters() if p.ndim > 1 and not n.endswith(".bias")]
    groups = [
        {"params": weights, "weight_decay": spec["weightDecay"]},
        {"params": vectors, "weight_decay": 0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=spec["learningRate"])
    train, val = loader_of(spec["train"], spec, True), loader_of(spec["val"], spec, False)
    total = spec["epochs"] * len(train)
    params = sum(p.numel() for p in model.parameters())
    answer(params=params, version=torch.__version__, threads=torch.get_num_threads())
    step = 0
    for epoch, _ in enumerate(sys.stdin):
        model.train()
        slope = min(1, epoch / spec["decayEpochs"]) if spec["decayEpochs"] else 1
        losses, started = [], time.perf_counter()
        for images, labels in train:
            for group in optimizer.param_groups:
                group["lr"] = rate_at(step, total, spec)
            smoothing = spec["labelSmoothing"]
            loss = F.cross_entropy(model(images, slope), labels, label_smoothing=smoothing)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            step += 1
        seconds = time.perf_counter() - started
        is_last = epoch + 1 == spec["epochs"]
        answer(
            loss=sum(losses) / len(losses),
            imagesPerSecond=len(losses) * spec["batchSize"] / seconds,
            top1=top1(model.eval(), val, slope) if is_last else None,
        )


def answer(**values):
    print(json.dumps(values), flush=True)


@torch.inference_mode()
def top1(model, val, slope):
    right = count = 0
    for images, labels in val:
        right += (model(images, slope).argmax(1) == labels).sum().item()
        count += len(labels)
    return right / count


main()
