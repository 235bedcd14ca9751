"""Networks of keras.applications, through tf2onnx, in graft and in ONNX Runtime.

Called by compare-with-onnxruntime --keras, which says how to use it.
"""

import concurrent.futures
import importlib.metadata
import json
import multiprocessing
import os
import pathlib
import subprocess
import tempfile
import zipfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy
import onnxruntime

from compare_with_onnxruntime import SEED, patches, run_graft, scores

# Largest difference allowed: of scores as a share of what sets those of two images apart, of
# probabilities as they are.
LIMIT = 1e-4
NETWORKS = ["VGG16", "ResNet50", "InceptionV3", "MobileNetV2"]


def side(name):
    return 299 if name == "InceptionV3" else 224


def export(name, folder):
    """The network with seeded random weights. Kept for the next time."""
    import keras
    import tensorflow
    import tf2onnx

    place = folder / f"{name}-keras{keras.__version__}-tf2onnx{tf2onnx.__version__}-he"
    path = place / f"{name.lower()}.onnx"
    if path.exists():
        return path
    place.mkdir(parents=True, exist_ok=True)
    numpy.product = numpy.prod  # tf2onnx 1.17 still calls it so
    keras.utils.set_random_seed(SEED)
    model = getattr(keras.applications, name)(weights=None)
    draw(model, side(name))
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


def exported_alone(name, folder):
    """By a process of its own: its memory is free again before graft trains, and where it does not
    suffice, only this network is lost."""
    spawning = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=spawning) as process:
        return process.submit(export, name, folder).result()


def draw(model, size):
    """He's weights and the statistics of a few images: with Keras's own, a deep network's answers
    are the same for all images."""
    import keras

    random = numpy.random.default_rng(SEED)
    norms = []
    for layer in model.layers:
        values = layer.get_weights()
        if isinstance(layer, keras.layers.BatchNormalization):
            norms.append((layer, layer.momentum))
            layer.momentum = 0
            values[0] = random.uniform(0.75, 1.25, values[0].shape)
            values[1] = 0.1 * random.standard_normal(values[1].shape)
        elif values:
            shape = values[0].shape
            depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
            terms = numpy.prod(shape[:2] if depthwise else shape[:-1])
            values[0] = (2 / terms) ** 0.5 * random.standard_normal(shape)
            values[1:] = [0.1 * random.standard_normal(v.shape) for v in values[1:]]
        if values:
            layer.set_weights([v.astype(numpy.float32) for v in values])
    if norms:
        model(patches(4, size).transpose(0, 2, 3, 1), training=True)
    for layer, momentum in norms:
        layer.momentum = momentum


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
    model = exported_alone(name, cache)
    image = patches(2, side(name))
    expected = scores(run_onnxruntime(model, image.transpose(0, 2, 3, 1)))
    between = numpy.abs(expected[0] - expected[1]).max()
    found = scores(run_graft(graft, model, image, "fast", folder))
    imported = numpy.abs(found - expected).max() / between
    depends = between / numpy.abs(expected).max()

    plan = call(graft, "inspect", "--plan", model)
    moved = sum(operator in plan for operator in (" Transpose ", " LayoutConversion "))

    learned, parameters = learning(graft, model, image, folder)
    run, exported = folder / "run", folder / "exported.onnx"
    call(graft, "finetune", model, "on", photos, "--depth", "block", "--epochs", "1", "-o", run)
    call(graft, "export", run, "-o", exported)
    pixels = numpy.random.default_rng(SEED).integers(0, 256, image.shape).astype(numpy.float32)
    written = numpy.abs(run_graft(graft, exported, pixels, "fast", folder)
                        - run_onnxruntime(exported, pixels)).max()
    labels = call(graft, "classify", exported, photos, "-o", "-").splitlines()[1:]
    count = len(list(photos.rglob("*.png")))
    named = sum(line.endswith(",") for line in labels)  # the last column is the error
    good = imported <= LIMIT and written <= LIMIT and moved == 0 and named == len(labels) == count
    good = good and learned == parameters
    return [f"{depends:.0%}", f"{imported:.1e}", moved, f"{learned} of {parameters}", f"{written:.1e}",
            f"{named} of {count}"], good


# ---- the table

HEADER = ["network", "images apart", "differs from ONNX Runtime", "Transposes left in the plan",
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
        "The first difference is that of two images' scores (logarithms of probabilities, less "
        "their mean) as a share of the", "largest difference between one image's and the other's, "
        "which is a share of the largest score under \"images apart\".", "The last block of each is "
        "fine-tuned for an epoch on drawn photos, exported, and the largest difference of a",
        "probability taken between graft and ONNX Runtime on that file, which then classifies the "
        f"photos. Limit {LIMIT:.0e}.", "",
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
                    cells = ["no", "", "", "", "", ""]
                    line = (str(error).strip().splitlines() or ["?"])[0]
                    failure = f"{name}: {line}".replace(f"{folder}/", "")
            keep(cache, name, cells, failure)
            failures += [failure] if failure else []
            print(f"| {name} | " + " | ".join(map(str, cells)) + " |", flush=True)
    for failure in failures:
        print(f"\n- {failure}")
    return len(failures)
