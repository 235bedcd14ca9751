"""torchvision's classifiers in the forms of old opsets, in graft; today's form in ONNX Runtime.

Called by compare-with-onnxruntime --old-opsets, which says how to use it.
"""

import contextlib
import io
import pathlib
import tempfile
import warnings

import numpy
import onnx
import onnxruntime
import torch
import torchvision

import old_opsets
from compare_with_onnxruntime import SEED, run_graft, scores

# Largest difference of scores allowed, as a share of the largest.
LIMIT = 1e-5
NETWORKS = ["alexnet", "squeezenet1_1", "resnet18", "mobilenet_v2", "densenet121"]


def network(name):
    torch.manual_seed(SEED)
    model = getattr(torchvision.models, name)(weights=None).eval()
    for layer in model.modules():  # statistics other than 0 and 1
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.running_mean.uniform_(-0.1, 0.1)
            layer.running_var.uniform_(0.8, 1.2)
    return model


def export(model, path):
    """Opset 13, normalisations kept, a Dropout before the head, a Softmax behind it."""
    scored = torch.nn.Sequential(model, torch.nn.Softmax(1)).eval()
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            scored, torch.zeros(2, 3, 224, 224), path, dynamo=False, opset_version=13,
            training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
            input_names=["input"], output_names=["scores"],
            dynamic_axes={"input": {0: "batch"}, "scores": {0: "batch"}})
    return old_opsets.with_dropout(onnx.load(path))


def compare(graft, names):
    """Prints a table; the number of forms that are refused or beyond the limit."""
    print(f"torchvision {torchvision.__version__}, seeded random weights, two images, rewritten to "
          f"old opsets; limit {LIMIT:.0e}.\n")
    print("| network | " + " | ".join(f"opset {o}" for o in old_opsets.OPSETS) + " |")
    print("|---" * (len(old_opsets.OPSETS) + 1) + "|")
    failures, notes = [], []
    image = numpy.random.default_rng(SEED).standard_normal((2, 3, 224, 224), dtype=numpy.float32)
    for name in names or NETWORKS:
        cells = []
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            path = folder / f"{name}.onnx"
            modern = export(network(name), path)
            onnx.save(modern, path)
            session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
            expected = scores(session.run(None, {"input": image})[0])
            for opset in old_opsets.OPSETS:
                try:
                    onnx.save(old_opsets.rewritten(modern, opset), path)
                    found = scores(run_graft(graft, path, image, "exact", folder))
                    apart = numpy.abs(found - expected).max() / numpy.abs(expected).max()
                    cells.append(f"{apart:.1e}")
                    if not apart <= LIMIT:
                        failures.append(f"{name}, opset {opset}: {apart:.1e} apart")
                except old_opsets.Unwritable as reason:
                    cells.append("-")
                    notes.append(f"{name}, opset {opset}: no such form: {reason}")
                except RuntimeError as error:
                    cells.append("no")
                    failures.append(f"{name}, opset {opset}: {error}")
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
    for line in notes + failures:
        print(f"\n- {line}")
    return len(failures)
