"""Networks of keras.applications, through tf2onnx, in graft and in ONNX Runtime.

Called by compare-with-onnxruntime --keras, which says how to use it.
"""

import importlib.metadata
import json
import os
import pathlib
import subprocess
import tempfile
import zipfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy
import onnxruntime

from compare_with_onnxruntime import SEED, run_graft, scores

# Largest difference allowed, as a share of the largest score.
LIMIT = 1e-4
NETWORKS = ["VGG16", "ResNet50", "InceptionV3", "MobileNetV2"]


def side(name):
    return 299 if name == "InceptionV3" else 224


def export(name, folder):
    """The network with Keras's seeded random weights, statistics shaken. Kept for the next time."""
    import keras
    import tensorflow
    import tf2onnx

    place = folder / f"{name}-keras{keras.__version__}-tf2onnx{tf2onnx.__version__}"
    path = place / f"{name.lower()}.onnx"
    if path.exists():
        return path
    place.mkdir(parents=True, exist_ok=True)
    numpy.product = numpy.prod  # tf2onnx 1.17 still calls it so
    keras.utils.set_random_seed(SEED)
    random = numpy.random.default_rng(SEED)
    model = getattr(keras.applications, name)(weights=None)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            *learned, mean, variance = layer.get_weights()
            layer.set_weights([*learned,
                               random.uniform(-0.1, 0.1, mean.shape).astype(numpy.float32),
                               random.uniform(0.8, 1.2, variance.shape).astype(numpy.float32)])
    signature = (
        tensorflow.TensorSpec((None, side(name), side(name), 3), tensorflow.float32, name="input"),)
    # Large weights beside the file: otherwise tf2onnx copies them until memory ends.
    archive = place / "export.zip"
    tf2onnx.convert.from_function(
        tensorflow.function(lambda x: model(x, training=False), input_signature=signature),
        input_signature=signature, opset=17, large_model=True, output_path=str(archive))
    with zipfile.ZipFile(archive) as files:
        files.extractall(place)
    archive.unlink()
    (place / "__MODEL_PROTO.onnx").rename(path)
    return path


def apart(found, expected):
    return numpy.abs(found - expected).max() / numpy.abs(expected).max()


def run_onnxruntime(path, image):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: image})[0]


def call(graft, *words):
    finished = subprocess.run(
        [graft, *map(os.fspath, words)], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if finished.returncode != 0:
        raise RuntimeError(finished.stderr.strip() or f"exit code {finished.returncode}")
    return finished.stdout


def learning(graft, model, image, folder):
    """How many parameters have a gradient in a step of descent, and how many there are."""
    source, target = folder / "in.npy", folder / "gradients"
    numpy.save(source, image)
    summary = json.loads(call(
        graft, "learn", model, "--input", source, "--labels", "1", "2", "--gradients", target))
    gradients, begin, count = numpy.fromfile(target, numpy.float32), 0, 0
    for parameter in summary["parameters"]:
        end = begin + int(numpy.prod(parameter["shape"]))
        count += bool(numpy.isfinite(gradients[begin:end]).all() and gradients[begin:end].any())
        begin = end
    return count, len(summary["parameters"])


def row(graft, name, photos, folder, cache):
    """The cells of a network, and whether all are as they should be."""
    model = export(name, cache)
    image = numpy.random.default_rng(SEED).standard_normal(
        (2, 3, side(name), side(name)), dtype=numpy.float32)
    expected = scores(run_onnxruntime(model, image.transpose(0, 2, 3, 1)))
    imported = apart(scores(run_graft(graft, model, image, "fast", folder)), expected)

    plan = call(graft, "inspect", "--plan", model)
    moved = sum(operator in plan for operator in (" Transpose ", " LayoutConversion "))

    learned, parameters = learning(graft, model, image, folder)
    run, exported = folder / "run", folder / "exported.onnx"
    call(graft, "finetune", model, "on", photos, "--depth", "block", "--epochs", "1", "-o", run)
    call(graft, "export", run, "-o", exported)
    pixels = numpy.random.default_rng(SEED).integers(0, 256, image.shape).astype(numpy.float32)
    written = apart(run_graft(graft, exported, pixels, "fast", folder),
                    run_onnxruntime(exported, pixels))
    labels = call(graft, "classify", exported, photos, "-o", "-").splitlines()[1:]
    count = len(list(photos.rglob("*.png")))
    named = sum(line.endswith(",") for line in labels)  # the last column is the error
    good = imported <= LIMIT and written <= LIMIT and moved == 0 and named == len(labels) == count
    good = good and learned == parameters
    return [f"{imported:.1e}", moved, f"{learned} of {parameters}", f"{written:.1e}",
            f"{named} of {count}"], good


# ---- the table

HEADER = ["network", "differs from ONNX Runtime", "Transposes left in the plan",
          "parameters with a gradient", "after an epoch of fine-tuning and export",
          "photos classified"]
PACKAGES = ["keras", "tensorflow-cpu", "tensorflow", "tf2onnx", "onnxruntime"]


def keep(cache, name, cells, failure):
    """For the page of --zoo."""
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    path = cache / "keras" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(
        {"name": name, "cells": cells, "failure": failure, "versions": versions}, indent=1))
    unfinished.rename(path)


def kept_rows(cache):
    paths = [cache / "keras" / f"{name}.json" for name in NETWORKS]
    return [json.loads(path.read_text()) for path in paths if path.exists()]


def section(rows):
    """The lines of a page about the rows that are kept, and what is not right of them."""
    versions = sorted({", ".join(f"{p} {v}" for p, v in r["versions"].items()) for r in rows})
    lines = [
        "## Keras", "",
        "Networks of keras.applications through tf2onnx, with seeded random weights. Examined by "
        "`Scripts/compare-with-onnxruntime --keras`", f"with {'; '.join(versions)}.", "",
        "Differences are shares of the largest score of two images; limit "
        f"{LIMIT:.0e}. The last block of each is fine-tuned", "for an epoch on drawn photos, exported, "
        "compared with ONNX Runtime on that file and used to classify the photos.", "",
        "| " + " | ".join(HEADER) + " |", "|---" * len(HEADER) + "|",
        *("| " + " | ".join([r["name"], *map(str, r["cells"])]) + " |" for r in rows), ""]
    if missing := [n for n in NETWORKS if n not in {r["name"] for r in rows}]:
        lines += ["Not examined yet: " + ", ".join(missing) + ".", ""]
    return lines, [r["failure"] for r in rows if r["failure"]]


def compare(graft, names, cache):
    """Prints a table; the number of networks that are not as they should be."""
    print(f"keras.applications through tf2onnx, seeded random weights, two images; limit {LIMIT:.0e}."
          "\n")
    print("| " + " | ".join(HEADER) + " |")
    print("|---" * len(HEADER) + "|")
    failures = []
    with tempfile.TemporaryDirectory() as drawn:
        photos = pathlib.Path(drawn, "shapes")
        call(graft, "draw-photos", photos, "--count", "6")
        for name in names or NETWORKS:
            failure = None
            with tempfile.TemporaryDirectory() as folder:
                try:
                    cells, good = row(graft, name, photos, pathlib.Path(folder), cache / "models")
                    if not good:
                        failure = f"{name}: not within the limits"
                except Exception as error:  # the exporter's own are of many kinds
                    cells = ["no", "", "", "", ""]
                    line = (str(error).strip().splitlines() or ["?"])[0]
                    failure = f"{name}: {line}".replace(f"{folder}/", "")
            keep(cache, name, cells, failure)
            failures += [failure] if failure else []
            print(f"| {name} | " + " | ".join(map(str, cells)) + " |", flush=True)
    for failure in failures:
        print(f"\n- {failure}")
    return len(failures)
