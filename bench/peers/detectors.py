def make_detector(name, network, deploy=False):
    if name == "retinanet":
        from retinanet import RetinaNet as Model
    elif name == "mask_rcnn":
        from mask_rcnn import MaskRCNN as Model  # needs torchvision
    else:
        raise ValueError(f"no model is named {name}")
    return Model(network, deploy)
