"""Where and how precisely a peer computes: the usual ways of PyTorch eager."""

import contextlib

import torch


class Compute:
    """`device` (cpu, cuda), `precision` (fp32, tf32, fp16) and, for fp16, `half`: weights in half instead of autocast."""

    def __init__(self, spec):
        self.device = spec.get("device", "cpu")
        precision = spec.get("precision", "fp32")
        self.on_cuda = self.device == "cuda"
        self.half = precision == "fp16" and spec.get("half", False)
        self.autocasts = precision == "fp16" and not self.half
        if self.on_cuda:
            torch.backends.cudnn.benchmark = True  # sizes never change here
            # Of fp16 only what autocast leaves in fp32: our own graphs keep that in fp32 too.
            torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
            torch.backends.cudnn.allow_tf32 = precision == "tf32"

    def model(self, model):
        """A model with its memory as the device likes it best; `memory_format` is what its modules bring maps into."""
        model = model.to(self.device)
        if self.on_cuda:
            model = model.to(memory_format=torch.channels_last)
            for module in model.modules():
                if hasattr(module, "memory_format"):
                    module.memory_format = torch.channels_last
        return model.half() if self.half else model

    def images(self, batch, shape):
        """Random bytes [n, h, w, 3] in host memory, from where every step takes them."""
        images = torch.randint(0, 256, (batch, *shape, 3), dtype=torch.uint8)
        return images.pin_memory() if self.on_cuda else images

    def upload(self, images):
        return images.to(self.device, non_blocking=True)

    def autocast(self):
        if not self.autocasts:
            return contextlib.nullcontext()
        dtype = torch.float16 if self.on_cuda else torch.bfloat16
        return torch.autocast(self.device, dtype=dtype)

    def scaler(self):
        """Scales losses for fp16; changes nothing where nothing is to be scaled."""
        return torch.amp.GradScaler(self.device, enabled=self.autocasts and self.on_cuda)

    def finish(self):
        if self.on_cuda:
            torch.cuda.synchronize()

    def memory(self):
        """GPU memory that tensors held at most, and that PyTorch took from the device for them, bytes."""
        if not self.on_cuda:
            return {}
        return {
            "allocatedBytes": torch.cuda.max_memory_allocated(),
            "reservedBytes": torch.cuda.max_memory_reserved(),
        }
