"""The deploy form's network in PyTorch eager, one forward pass for each line on standard input.

As train_step.py, for bench/inference.ts: from bytes to raw outputs, a second stage on the RoIs that it is given.
"""

import json
import sys
import time

import torch
from detectors import make_detector
from memory import peak_bytes


@torch.inference_mode()
def main():
    spec = json.loads(sys.stdin.readline())
    torch.set_num_threads(spec["threads"])
    torch.manual_seed(0)
    model = make_detector(spec["model"], spec["network"], deploy=True).eval()
    height, width = spec["shape"]
    images = torch.randint(0, 256, (spec["batch"], height, width, 3), dtype=torch.uint8)
    rois = {name: torch.tensor(values) for name, values in spec["rois"].items()}
    params = sum(p.numel() for p in model.parameters())
    answer(params=params, version=torch.__version__, threads=torch.get_num_threads())

    for _ in sys.stdin:
        started = time.perf_counter()
        model(images, **rois)
        answer(ms=1000 * (time.perf_counter() - started), peakBytes=peak_bytes())


def answer(**values):
    print(json.dumps(values), flush=True)


main()
