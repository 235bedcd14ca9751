"""torchvision's classifiers as torch exports them, in graft and in ONNX Runtime.

Called by compare-with-onnxruntime --families, which says how to use it.
"""

import contextlib
import io
import pathlib
import tempfile
import warnings

import numpy
import onnxruntime
import torch
import torchvision

from compare_with_onnxruntime import SEED, run_graft

# Largest difference allowed, as a share of the largest output.
LIMIT = 1e-4
# One or two of each family: the others differ in depth and width.
FAMILIES = [
    "alexnet", "vgg11", "vgg11_bn", "resnet18", "resnet50", "resnext50_32x4d", "wide_resnet50_2",
    "googlenet", "inception_v3", "squeezenet1_0", "squeezenet1_1", "densenet121", "mobilenet_v2",
    "mobilenet_v3_small", "mobilenet_v3_large", "shufflenet_v2_x1_0", "mnasnet1_0",
    "efficientnet_b0", "regnet_x_400mf", "regnet_y_400mf", "convnext_tiny",
]
EXPORTS = [("TorchScript", 11), ("TorchScript", 13), ("TorchScript", 17), ("dynamo", 18)]


def network(name):
    torch.manual_seed(SEED)
    settings = {}
    if name in ("googlenet", "inception_v3"):  # without the outputs that only help training
        settings = {"aux_logits": False, "init_weights": True}
    model = getattr(torchvision.models, name)(weights=None, **settings).eval()
    for layer in model.modules():  # statistics other than 0 and 1
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.running_mean.uniform_(-0.1, 0.1)
            layer.running_var.uniform_(0.8, 1.2)
    return model


def export(model, path, exporter, opset, size):
    names = {"input_names": ["input"], "output_names": ["logits"], "opset_version": opset}
    photos = torch.zeros(2, 3, size, size)
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if exporter == "TorchScript":
            torch.onnx.export(
                model, photos, path, dynamo=False,
                dynamic_axes={"input": {0: "batch"}, "logits": {0: "batch"}}, **names)
        else:  # weights beside the file
            torch.onnx.export(
                model, (photos,), path, dynamo=True, external_data=True,
                dynamic_shapes=({0: torch.export.Dim("batch")},), verbose=False, **names)


def difference(graft, path, image, folder):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    expected = session.run(None, {session.get_inputs()[0].name: image})[0]
    found = run_graft(graft, path, image, "fast", folder)
    return numpy.abs(found - expected).max() / numpy.abs(expected).max()


def compare(graft, names):
    """Prints a table; the number of exports that are refused or beyond the limit."""
    print(f"torchvision {torchvision.__version__}, torch {torch.__version__}, seeded random "
          f"weights, two images; limit {LIMIT:.0e}.\n")
    print("| network | " + " | ".join(f"{e} {o}" for e, o in EXPORTS) + " |")
    print("|---" * (len(EXPORTS) + 1) + "|")
    failures = []
    for name in names or FAMILIES:
        model = network(name)
        size = 299 if name == "inception_v3" else 224
        image = numpy.random.default_rng(SEED).standard_normal(
            (2, 3, size, size), dtype=numpy.float32)
        cells = []
        for exporter, opset in EXPORTS:
            with tempfile.TemporaryDirectory() as folder:
                folder = pathlib.Path(folder)
                path = folder / f"{name}.onnx"
                try:
                    export(model, path, exporter, opset, size)
                    apart = difference(graft, path, image, folder)
                    cells.append(f"{apart:.1e}")
                    if not apart <= LIMIT:
                        failures.append(f"{name}, {exporter} {opset}: {apart:.1e} apart")
                except Exception as error:  # the exporter's own are of many kinds
                    cells.append("no")
                    reason = (str(error).strip().splitlines() or ["?"])[0]
                    failures.append(f"{name}, {exporter} {opset}: {reason}")
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
    for failure in failures:
        print(f"\n- {failure}")
    return len(failures)
