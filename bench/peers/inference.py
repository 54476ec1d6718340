"""The deploy form's network in PyTorch eager, one forward pass for each line on standard input.

As train_step.py, for bench/inference.ts and bench/cuda/: from bytes to raw outputs, a second stage on the RoIs that it is given.
"""

import json
import sys
import time

import torch
from compute import Compute
from detectors import make_detector
from memory import peak_bytes


@torch.inference_mode()
def main():
    spec = json.loads(sys.stdin.readline())
    torch.set_num_threads(spec["threads"])
    torch.manual_seed(0)
    compute = Compute(spec)
    model = compute.model(make_detector(spec["model"], spec["network"], deploy=True)).eval()
    images = compute.images(spec["batch"], spec["shape"])
    rois = {name: place(torch.tensor(values), compute) for name, values in spec["rois"].items()}
    params = sum(p.numel() for p in model.parameters())
    answer(params=params, version=torch.__version__, threads=torch.get_num_threads())

    for _ in sys.stdin:
        started = time.perf_counter()
        with compute.autocast():
            model(compute.upload(images), **rois)
        compute.finish()
        ms = 1000 * (time.perf_counter() - started)
        answer(ms=ms, peakBytes=peak_bytes(), **compute.memory())


def place(values, compute):
    """On the device; boxes in the precision of the maps that are read at them."""
    values = values.to(compute.device)
    return values.half() if compute.half and values.is_floating_point() else values


def answer(**values):
    print(json.dumps(values), flush=True)


main()
