"""One evaluation from files to the twelve numbers, each phase timed: the peer of bench/coco_eval.ts.

Run: python bench/peers/coco_eval.py pycocotools|faster_coco_eval ANNOTATIONS RESULTS bbox|segm|keypoints
Prints one line of JSON on standard output, all else on standard error. Without files: the library's version.
"""

import contextlib
import json
import sys
import time
from importlib import import_module, metadata

from memory import peak_bytes


def main(library, annotations=None, results=None, iou_type=None):
    version = metadata.version(library)
    import_module(library)
    if annotations is None:
        return {"version": version}
    if library == "pycocotools":
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    else:
        from faster_coco_eval import COCO
        from faster_coco_eval import COCOeval_faster as COCOeval

    marks = [time.perf_counter()]

    def mark():
        marks.append(time.perf_counter())

    ground_truth = COCO(annotations)
    mark()
    detected = ground_truth.loadRes(results)
    mark()
    evaluation = COCOeval(ground_truth, detected, iou_type)
    evaluation.evaluate()
    mark()
    evaluation.accumulate()
    mark()
    evaluation.summarize()
    mark()
    phases = ["load", "loadRes", "evaluate", "accumulate", "summarize"]
    seconds = {name: after - before for name, before, after in zip(phases, marks, marks[1:])}
    seconds["total"] = marks[-1] - marks[0]
    stats = [float(value) for value in evaluation.stats[: 10 if iou_type == "keypoints" else 12]]
    return {"version": version, "seconds": seconds, "stats": stats, "peakBytes": peak_bytes()}


with contextlib.redirect_stdout(sys.stderr):
    answer = main(*sys.argv[1:])
print(json.dumps(answer))
