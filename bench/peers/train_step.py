"""The training step in PyTorch eager, one step for each line on standard input.

The first line is JSON: the model, its network, the size of the images, the boxes, the number of threads, and
what compute.py reads. Each answer is a line of JSON. Run by bench/train_step.ts and bench/cuda/. Images go to the
device at each step; targets lie there from the start.
"""

import json
import sys
import time

import torch
from compute import Compute
from detectors import make_detector
from memory import peak_bytes


def main():
    spec = json.loads(sys.stdin.readline())
    torch.set_num_threads(spec["threads"])
    torch.manual_seed(0)
    compute = Compute(spec)
    model = compute.model(make_detector(spec["model"], spec["network"])).train()
    optimizer = torch.optim.AdamW(parameter_groups(model), lr=8e-5, betas=(0.9, 0.999))
    scaler = compute.scaler()
    images = compute.images(spec["batch"], spec["shape"])
    boxes = torch.tensor(spec["boxes"], dtype=torch.float32, device=compute.device)
    labels = torch.tensor(spec["labels"], device=compute.device)
    targets = model.prepare(boxes, labels, spec["shape"])
    params = sum(p.numel() for p in model.parameters() if p.requires_grad)
    answer(params=params, version=torch.__version__, threads=torch.get_num_threads())

    for _ in sys.stdin:
        started = time.perf_counter()
        optimizer.zero_grad()
        with compute.autocast():
            loss = model.loss(compute.upload(images), targets)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        value = loss.item()
        compute.finish()
        ms = 1000 * (time.perf_counter() - started)
        answer(ms=ms, loss=value, peakBytes=peak_bytes(), **compute.memory(), **model.counts())


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
