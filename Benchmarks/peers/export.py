"""Writes the reference models: ONNX with a free batch, and two of them as PyTorch's own files.

usage: export.py FOLDER

The exporter folds BatchNormalization into the convolutions before it, as one would to use a network;
what trains with BatchNormalization is therefore not read from these files.
"""

import pathlib
import sys
import warnings

import torch

from networks import DIGITS, EXPORTED, image_shape, network

WHOLE_PROCESS = ["resnet50", "vgg16"]  # also started cold, by PyTorch from its own file


def export(name, path):
    free = {"input": {0: "batch"}, "logits": {0: "batch"}}
    part = path.with_suffix(".part")
    torch.onnx.export(
        network(name), torch.zeros(1, *image_shape(name)), str(part), opset_version=13, dynamo=False,
        input_names=["input"], output_names=["logits"], dynamic_axes=free)
    part.rename(path)


warnings.filterwarnings("ignore")
folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
for name in EXPORTED + DIGITS:
    path = folder / f"{name}.onnx"
    if not path.exists():
        export(name, path)
        print(path, flush=True)
for name in WHOLE_PROCESS:
    path = folder / f"{name}.pt"
    if not path.exists():
        torch.save(network(name).state_dict(), path)
        print(path, flush=True)
(folder / "labels.txt").write_text("".join(f"class{index:03d}\n" for index in range(1000)))
