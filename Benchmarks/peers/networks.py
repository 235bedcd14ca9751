"""torchvision's networks with seeded random weights, and two small ones for digits."""

import sys

import torch
from torch import nn

EXPORTED = [
    "alexnet", "vgg16", "resnet18", "resnet50", "squeezenet1_1", "googlenet", "inception_v3",
    "mobilenet_v2",
]
DIGITS = ["mlp", "lenet"]


def torchvision():
    """The package, also beside a torch that was built without its operators.

    torchvision describes its own operators for tracing when it is imported, and fails where its
    compiled part does not fit torch: the CPU build of one beside the CUDA build of the other. No
    classifier uses these operators; with their signatures declared, the rest works.
    """
    try:
        import torchvision as package
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        torchvision.declared = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            torchvision.declared.define(
                f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        import torchvision as package
    return package


def mlp(classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 800), nn.ReLU(), nn.Linear(800, classes))


def lenet(classes):
    return nn.Sequential(
        nn.Conv2d(1, 20, 5), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(800, 500), nn.ReLU(), nn.Linear(500, classes))


def network(name, classes=None, device="cpu"):
    """In evaluation mode; the same weights each time."""
    torch.manual_seed(0)
    if name in DIGITS:
        return {"mlp": mlp, "lenet": lenet}[name](classes or 10).eval()
    flags = {}
    if name in ("googlenet", "inception_v3"):  # without the outputs that only help training
        flags = {"aux_logits": False, "init_weights": device == "cpu"}
    with torch.device(device):
        model = getattr(torchvision().models, name)(
            weights=None, num_classes=classes or 1000, **flags)
    if hasattr(model, "transform_input"):
        model.transform_input = False
    return model.eval()


def side(name):
    return 28 if name in DIGITS else 299 if name == "inception_v3" else 224


def image_shape(name):
    return (1 if name in DIGITS else 3, side(name), side(name))
