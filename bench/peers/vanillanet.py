"""VanillaNet in plain PyTorch, in both forms.

Written for these benchmarks from the paper (arXiv 2305.12972).
"""

import math

import torch
import torch.nn.functional as F
from torch import nn


class SeriesActivation(nn.Module):
    """ReLU, then one (2n+1)-sided kernel a channel, then BatchNorm (training form) or a bias (deploy form)."""

    def __init__(self, channels, n, deploy):
        super().__init__()
        self.padding = n
        self.weight = nn.Parameter(torch.empty(channels, 1, 2 * n + 1, 2 * n + 1))
        nn.init.trunc_normal_(self.weight, std=0.02)
        self.bias = nn.Parameter(torch.zeros(channels)) if deploy else None
        self.bn = None if deploy else nn.BatchNorm2d(channels, eps=1e-6)

    def forward(self, x):  # [n, c, h, w]
        x = F.conv2d(F.relu(x), self.weight, self.bias, padding=self.padding, groups=x.shape[1])
        return x if self.bn is None else self.bn(x)


def conv_norm(in_channels, out_channels, **geometry):
    conv = nn.Conv2d(in_channels, out_channels, **geometry)
    nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")
    nn.init.zeros_(conv.bias)
    return nn.Sequential(conv, nn.BatchNorm2d(out_channels, eps=1e-6))


def paired(in_channels, out_channels, deploy, **geometry):
    """One convolution in deploy form; in training form it and a 1x1 one, each with BatchNorm."""
    if deploy:
        return nn.Conv2d(in_channels, out_channels, **geometry)
    # The stem widens in its first convolution, a stage in its second.
    hidden = out_channels if geometry["kernel_size"] > 1 else in_channels
    first = conv_norm(in_channels, hidden, **geometry)
    return nn.Sequential(first, conv_norm(hidden, out_channels, kernel_size=1))


class VanillaNet(nn.Module):
    def __init__(self, dims, strides, act_num, out_indices, deploy):
        super().__init__()
        stem = paired(3, dims[0], deploy, kernel_size=4, stride=4)
        self.stem = nn.Sequential(stem, SeriesActivation(dims[0], act_num, deploy))
        self.stages = nn.ModuleList()
        for in_channels, out_channels, stride in zip(dims[:-1], dims[1:], strides):
            pool = nn.Identity() if stride == 1 else nn.MaxPool2d(stride)
            conv = paired(in_channels, out_channels, deploy, kernel_size=1)
            act = SeriesActivation(out_channels, act_num, deploy)
            self.stages.append(nn.Sequential(conv, pool, act))
        self.out_indices = out_indices
        self.channels = [dims[i + 1] for i in out_indices]
        self.stride = 4 * math.prod(strides[: out_indices[0] + 1])  # of the first map

    def forward(self, x):
        x = self.stem(x)
        features = []
        for i, stage in enumerate(self.stages):
            x = stage(x)
            if i in self.out_indices:
                features.append(x)
        return features
