"""Swin Transformer as a detector's backbone: the blocks are timm's, with a norm at each output, as in detection."""

import torch
from timm.models.swin_transformer import SwinTransformer
from torch import nn


class Swin(nn.Module):
    memory_format = torch.contiguous_format  # of what it gives

    def __init__(self, embed_dim, depths, num_heads, window_size, mlp_ratio, out_indices, shape):
        super().__init__()
        self.body = SwinTransformer(
            img_size=tuple(shape),
            embed_dim=embed_dim,
            depths=depths,
            num_heads=num_heads,
            window_size=window_size,
            mlp_ratio=mlp_ratio,
            always_partition=True,  # windows keep their size on small maps, as ours do
            num_classes=0,
        )
        self.body.norm = nn.Identity()
        for module in self.body.modules():  # as ours: timm's -100 leaves denormal numbers, which are slow
            if getattr(module, "attn_mask", None) is not None:
                module.attn_mask[module.attn_mask != 0] = -1000
        self.out_indices = out_indices
        self.channels = [embed_dim * 2**i for i in out_indices]
        self.stride = 4 * 2 ** out_indices[0]  # of the first map
        self.norms = nn.ModuleList(nn.LayerNorm(channels) for channels in self.channels)

    def forward(self, x):
        x = self.body.patch_embed(x)
        features = []
        for i, layer in enumerate(self.body.layers):
            x = layer(x)  # [n, h, w, c]
            if i in self.out_indices:
                norm = self.norms[self.out_indices.index(i)]
                maps = norm(x).permute(0, 3, 1, 2)
                features.append(maps.contiguous(memory_format=self.memory_format))
        return features
