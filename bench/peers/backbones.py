def make_backbone(network, deploy=False):
    """A module that gives a list of maps [n, c, h, w], with `channels` of each and the `stride` of the first."""
    options = {key: value for key, value in network.items() if key not in ("type", "num_classes")}
    if network["type"] == "VanillaNet":
        from vanillanet import VanillaNet

        return VanillaNet(**options, deploy=deploy)
    if network["type"] == "SwinTransformer":
        from swin import Swin  # needs timm

        return Swin(**options)
    raise ValueError(f"no backbone is named {network['type']}")
