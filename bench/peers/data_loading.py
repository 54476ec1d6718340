"""Batches of pictures from PyTorch's DataLoader and torchvision, timed.

The first line on standard input is JSON: `workers`, `flip` (a probability) and `batches`, which are repeated without
end: `size`, [height, width] with padding, and `images` of `file` and `size` before it. Each line after it is one turn:
`warmUp` and `batches`, how many are taken before and in the timing. Each answer is a line of JSON.
Run by bench/data_loading.ts.
"""

import json
import os
import random
import sys
import time
from itertools import chain, repeat

import torch
import torchvision
from torch.utils.data import DataLoader, Dataset
from torchvision.io import ImageReadMode, decode_image, read_file
from torchvision.transforms.v2 import functional as F


class Pictures(Dataset):
    """Indexed by a file, the size it is resized to, and the size of its batch."""

    def __init__(self, flip):
        self.flip = flip

    def __getitem__(self, index):
        file, size, padded_size = index
        image = decode_image(read_file(file), mode=ImageReadMode.RGB)
        image = F.resize(image, size, antialias=False)  # bilinear
        if random.random() < self.flip:
            image = F.horizontal_flip(image)
        return image, padded_size


def pad_batch(items):
    batch = torch.zeros(len(items), 3, *items[0][1], dtype=torch.uint8)
    for place, (image, _) in zip(batch, items):
        place[:, : image.shape[1], : image.shape[2]] = image
    return batch


def main():
    torch.set_num_threads(1)
    spec = json.loads(sys.stdin.readline())
    batches = [
        [(image["file"], [int(side) for side in image["size"]], batch["size"]) for image in batch["images"]]
        for batch in spec["batches"]
    ]
    loader = DataLoader(
        Pictures(spec["flip"]),
        batch_sampler=chain.from_iterable(repeat(batches)),
        collate_fn=pad_batch,
        num_workers=spec["workers"],
    )
    answer(torch=torch.__version__, torchvision=torchvision.__version__)
    pictures = iter(loader)
    pids = [os.getpid(), *(worker.pid for worker in pictures._workers)]
    for line in sys.stdin:
        turn = json.loads(line)
        for _ in range(turn["warmUp"]):
            next(pictures)
        started, before, main_before = time.perf_counter(), cpu_seconds(pids), time.thread_time()
        count = sum(len(next(pictures)) for _ in range(turn["batches"]))
        seconds, after = time.perf_counter() - started, cpu_seconds(pids)
        main = time.thread_time() - main_before
        used = None if before is None else after - before
        answer(pictures=count, seconds=seconds, cpuSeconds=used, mainSeconds=main)


def cpu_seconds(pids):
    """Of processes that run, in user and kernel; None but on Linux."""
    if not os.path.exists("/proc/self/stat"):
        return None
    ticks = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def answer(**facts):
    print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    main()
