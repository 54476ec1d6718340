"""The training step in PyTorch eager, one step for each line on standard input.

The first line is JSON: the network, the size of the images, the boxes, the number of threads. Each answer
is a line of JSON. Run by bench/train_step.ts.
"""

import json
import sys
import time

import torch
from retinanet import RetinaNet


def main():
    spec = json.loads(sys.stdin.readline())
    torch.set_num_threads(spec["threads"])
    torch.manual_seed(0)
    model = RetinaNet(**spec["network"]).train()
    optimizer = torch.optim.AdamW(parameter_groups(model), lr=8e-5, betas=(0.9, 0.999))
    height, width = spec["shape"]
    images = torch.randint(0, 256, (spec["batch"], height, width, 3), dtype=torch.uint8)
    boxes = torch.tensor(spec["boxes"], dtype=torch.float32)
    labels = torch.tensor(spec["labels"])
    params = sum(p.numel() for p in model.parameters() if p.requires_grad)
    answer(params=params, version=torch.__version__, threads=torch.get_num_threads())

    for _ in sys.stdin:
        started = time.perf_counter()
        optimizer.zero_grad()
        loss = model.loss(images, boxes, labels)
        loss.backward()
        optimizer.step()
        value = loss.item()
        answer(ms=1000 * (time.perf_counter() - started), loss=value)


def parameter_groups(model):
    """As the recipe: no decay for vectors."""
    vectors = [p for p in model.parameters() if p.ndim == 1]
    others = [p for p in model.parameters() if p.ndim > 1]
    return [
        {"params": others, "weight_decay": 0.05},
        {"params": vectors, "weight_decay": 0.0},
    ]


def answer(**values):
    print(json.dumps(values), flush=True)


main()
