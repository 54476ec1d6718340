"""The training step in PyTorch eager, one step for each line on standard input.

The first line is JSON: the model, its network, the size of the images, the boxes, the number of threads. Each
answer is a line of JSON. Run by bench/train_step.ts.
"""

import json
import sys
import time

import torch
from detectors import make_detector
from memory import peak_bytes


def main():
    spec = json.loads(sys.stdin.readline())
    torch.set_num_threads(spec["threads"])
    torch.manual_seed(0)
    model = make_detector(spec["model"], spec["network"]).train()
    optimizer = torch.optim.AdamW(parameter_groups(model), lr=8e-5, betas=(0.9, 0.999))
    height, width = spec["shape"]
    images = torch.randint(0, 256, (spec["batch"], height, width, 3), dtype=torch.uint8)
    boxes = torch.tensor(spec["boxes"], dtype=torch.float32)
    targets = model.prepare(boxes, torch.tensor(spec["labels"]), spec["shape"])
    params = sum(p.numel() for p in model.parameters() if p.requires_grad)
    answer(params=params, version=torch.__version__, threads=torch.get_num_threads())

    for _ in sys.stdin:
        started = time.perf_counter()
        optimizer.zero_grad()
        loss = model.loss(images, targets)
        loss.backward()
        optimizer.step()
        value = loss.item()
        ms = 1000 * (time.perf_counter() - started)
        answer(ms=ms, loss=value, peakBytes=peak_bytes(), **model.counts())


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
