"""The first updates of RetinaNet's training in PyTorch eager, from weights, images and rates that are handed over.

The first line on standard input is JSON: the network, files of the weights and of the batches, groups of
parameters by our names, and the rest of the optimizer. Each line after it is one update: `batch`, its number, and
`learningRate`. Each answer is a line of JSON. Run by bench/early_training.ts.
"""

import json
import sys

import torch
from detectors import make_detector
from safetensors.torch import load_file

MEAN = torch.tensor([123.675, 116.28, 103.53])


def main():
    spec = json.loads(sys.stdin.readline())
    torch.set_num_threads(spec["threads"])
    model = make_detector("retinanet", spec["network"]).train()
    names = names_of(model)
    load(model, names, load_file(spec["weights"]))
    batches = load_file(spec["batches"])
    optimizer = make_optimizer(model, names, spec)
    params = sum(p.numel() for p in model.parameters())
    answer(params=params, version=torch.__version__, threads=torch.get_num_threads())

    for line in sys.stdin:
        update = json.loads(line)
        for group in optimizer.param_groups:
            group["lr"] = update["learningRate"] * group["scale"]
        images, targets = batch_of(batches, update["batch"])
        optimizer.zero_grad()
        loss = model.loss(images, targets)
        loss.backward()
        limit = spec["maxGradNorm"] or float("inf")
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), limit)
        optimizer.step()
        answer(loss=number(loss), gradNorm=number(norm))


def number(value):
    """JSON knows no other numbers than finite ones."""
    value = value.item()
    return value if abs(value) < float("inf") else None


def batch_of(batches, index):
    images = batches[f"{index}.images"].float()
    for image, (height, width) in zip(images, batches[f"{index}.imageSizes"].long().tolist()):
        image[height:] = MEAN  # padding is 0 once it is normalised
        image[:, width:] = MEAN
    labels = batches[f"{index}.labels"].long()
    boxes = batches[f"{index}.boxesXyxy"]
    present = [row >= 0 for row in labels]
    return images, ([b[p] for b, p in zip(boxes, present)], [l[p] for l, p in zip(labels, present)])


def names_of(model):
    """Our name of each parameter and buffer, by its name here."""
    return {name: our_name(name) for name in model.state_dict() if not name.endswith("num_batches_tracked")}


def our_name(name):
    parts = name.split(".")
    if parts[0] == "backbone":
        if parts[1] == "stem":
            return ".".join(["backbone", *in_pair(["stem1", "stem2"], "stem2.2", 0, 1, parts[2:])])
        place = ".".join(parts[:3])
        return ".".join([place, *in_pair(["conv1", "conv2"], "act", 0, 2, parts[3:])])
    if parts[0] == "neck":
        level = {"laterals": "lateral_convs", "outs": "fpn_convs"}.get(parts[1])
        if level:
            return f"neck.{level}.{parts[2]}.conv.{parts[3]}"
        return f"neck.fpn_convs.{3 if parts[1] == 'p6' else 4}.conv.{parts[2]}"
    branch, layer, kind = parts[1:]
    tower, last = {"classes": ("cls_convs", "retina_cls"), "boxes": ("reg_convs", "retina_reg")}[branch]
    is_last = layer == "8"
    return f"bbox_head.{last}.{kind}" if is_last else f"bbox_head.{tower}.{int(layer) // 2}.conv.{kind}"


def in_pair(convs, activation, conv_place, activation_place, parts):
    """Names of a block: two convolutions with their norms at one place of it, the activation at another."""
    if int(parts[0]) == activation_place:
        return [activation, *parts[1:]]
    assert int(parts[0]) == conv_place, parts
    return [convs[int(parts[1])], *parts[2:]]


def load(model, names, weights):
    missing = set(names.values()) ^ set(weights)
    if missing:
        raise SystemExit(f"weights on one side only: {sorted(missing)[:4]}")
    state = {name: weights[ours] for name, ours in names.items()}
    result = model.load_state_dict(state, strict=False)
    others = [key for key in result.missing_keys if not key.endswith("num_batches_tracked")]
    if others or result.unexpected_keys:
        raise SystemExit(f"weights not loaded: {others} {result.unexpected_keys}")


def make_optimizer(model, names, spec):
    by_name = {names[name]: p for name, p in model.named_parameters()}
    groups = [
        {
            "params": [by_name.pop(name) for name in group["names"]],
            "weight_decay": group["weightDecay"],
            "scale": group["lrScale"],
        }
        for group in spec["groups"]
    ]
    if by_name:
        raise SystemExit(f"in no group: {sorted(by_name)[:4]}")
    return torch.optim.AdamW(groups, lr=0, betas=spec["betas"], eps=spec["eps"])


def answer(**values):
    print(json.dumps(values), flush=True)


main()
