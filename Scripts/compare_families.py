"""torchvision's classifiers as torch exports them, in graft and in ONNX Runtime.

Called by compare-with-onnxruntime --families, which says how to use it. What a network showed is
kept in a file of its own, so that an interruption loses only the network that is under way.
"""

import contextlib
import copy
import csv
import io
import json
import pathlib
import subprocess
import tempfile
import warnings

import numpy
import onnx
import onnxruntime
import PIL.Image
import torch
import torchvision

from compare_with_onnxruntime import SEED, patches, run_graft
from compare_with_onnxruntime import run_onnxruntime as run_session
from torch_statistics import take_statistics

# Largest difference allowed: of answers as a share of what sets those of two images apart, of
# probabilities as they are.
LIMIT = 1e-4
FAMILIES = [
    "alexnet", "vgg11", "vgg11_bn", "vgg13", "vgg13_bn", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn",
    "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnext50_32x4d",
    "wide_resnet50_2", "googlenet", "inception_v3", "squeezenet1_0", "squeezenet1_1",
    "densenet121", "densenet169", "mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large",
    "shufflenet_v2_x0_5", "shufflenet_v2_x1_0", "mnasnet0_5", "mnasnet1_0", "efficientnet_b0",
    "regnet_x_400mf", "regnet_y_400mf", "convnext_tiny",
]
EXPORTS = [("TorchScript", 11), ("TorchScript", 13), ("TorchScript", 17), ("dynamo", 18)]
# The files that are trained too: one of each exporter.
TRAINED = [("TorchScript", 17), ("dynamo", 18)]
# So large that no change is lost to rounding: random weights make gradients of first layers tiny.
RATE = 1e6
PHOTOS = 4  # of each of two classes


# ---- networks and files


def network(name):
    """With seeded weights, and the statistics of a few images: those of a fresh network let the
    answers of a deep one depend on its last bias alone."""
    torch.manual_seed(SEED)
    settings = {}
    if name in ("googlenet", "inception_v3"):  # without the outputs that only help training
        settings = {"aux_logits": False, "init_weights": True}
    model = getattr(torchvision.models, name)(weights=None, **settings)
    # Zeros and ones hide errors, and dynamo's exporter leaves out biases that are zero.
    generator = torch.Generator().manual_seed(SEED)
    for parameter in model.parameters():
        if parameter.min() == parameter.max():
            parameter.data += 0.1 * torch.randn(parameter.shape, generator=generator)
    take_statistics(model, torch.from_numpy(images(name, 4)))
    return model.eval()


def side(name):
    return 299 if name == "inception_v3" else 224


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


def images(name, count=2):
    return patches(count, side(name))


def run_onnxruntime(path, image):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return run_session(session, image)


def graft_command(graft, *words):
    """What graft printed; an error is the first line that says so."""
    finished = subprocess.run([graft, *map(str, words)], capture_output=True, text=True)
    if finished.returncode != 0:
        lines = [line for line in finished.stderr.splitlines() if line.startswith("error:")]
        raise RuntimeError((lines or [f"{words[0]}: exit code {finished.returncode}"])[0])
    return finished.stdout


# ---- import


def in_float64(model, image):
    with torch.no_grad():
        return copy.deepcopy(model).double()(torch.from_numpy(image).double()).numpy()


def difference(graft, truth, path, image, folder, expected=None):
    """As a share of what sets the answers for the two images apart: a share of the answers would be
    small for any network whose answers hardly depend on the image. truth() makes the answers in
    float64, where they are needed; what is expected are ONNX Runtime's of the file unless given."""
    if expected is None:
        expected = run_onnxruntime(path, image)
    found = run_graft(graft, path, image, "fast", folder)
    apart = numpy.abs(expected[0] - expected[1]).max()
    result = {"apart": float(numpy.abs(found - expected).max() / apart)}
    if not result["apart"] <= LIMIT:  # without Winograd's rounding, and beside ONNX Runtime's own
        exact = run_graft(graft, path, image, "exact", folder)
        for key, answer, other in (
                ("exact", exact, expected), ("onnxruntime", expected, truth())):
            result[key] = float(numpy.abs(answer - other).max() / apart)
    return result


# ---- training


def weights(path):
    """The file's nodes, and its constants by name."""
    file = onnx.load(path).graph
    return file.node, {w.name: onnx.numpy_helper.to_array(w) for w in file.initializer}


def is_learned(node, place):
    """Is the constant at this input a weight that any framework would train?"""
    layers = {"Conv": {1, 2}, "Gemm": {1, 2}, "MatMul": {1}, "BatchNormalization": {1, 2},
              "LayerNormalization": {1, 2}}
    return place in layers.get(node.op_type, set())


def learn(graft, path, image, folder, steps, *more):
    """What graft said, and the network after so many steps of descent."""
    result = folder / "learned.onnx"
    numpy.save(folder / "in.npy", image)
    said = graft_command(
        graft, "learn", path, "--input", folder / "in.npy", "--rate", RATE, "--labels", 3, 7,
        "--steps", steps, "--result", result, *more)
    nodes, tensors = weights(result)
    result.unlink()
    return json.loads(said), nodes, tensors


def step(graft, path, image, folder, nodes, old, frozen_through):
    """One step of descent: the weights after it, those that are frozen, and those that learn."""
    layers = [n for n in nodes if n.op_type in ("Conv", "Gemm", "MatMul")]
    freezing, frozen = [], set()
    if frozen_through is not None:
        last = layers[int(len(layers) * frozen_through)].name
        freezing = ["--frozen-through", last]
        for node in nodes:
            frozen |= set(node.input) & old.keys()
            if node.name == last:
                break
    said, _, new = learn(
        graft, path, image, folder, 1, "--gradients", folder / "gradients", *freezing)
    (folder / "gradients").unlink()
    return new, frozen, {parameter["name"] for parameter in said["parameters"]}


def check_step(graft, path, image, folder):
    """How many tensors one step changed, of the whole network and of its second half."""
    counts = []
    _, nodes, old = learn(graft, path, image, folder, 0)
    for frozen_through in (None, 0.5):
        new, frozen, learning = step(graft, path, image, folder, nodes, old, frozen_through)
        if old.keys() != new.keys():
            raise RuntimeError("a step of training changed which tensors there are")
        expected = {name for node in nodes for place, name in enumerate(node.input)
                    if name in old and name not in frozen and is_learned(node, place)}
        if missing := sorted(expected - learning):
            raise RuntimeError(f"{missing[0]} and {len(missing) - 1} more do not learn")
        if wrong := sorted(learning & frozen):
            raise RuntimeError(f"{wrong[0]} learns, but is frozen")
        changed = {name for name in old if old[name].tobytes() != new[name].tobytes()}
        if still := sorted(learning - changed):
            raise RuntimeError(f"{still[0]} and {len(still) - 1} more did not change in a step")
        if moved := sorted(changed - learning):
            raise RuntimeError(f"{moved[0]} and {len(moved) - 1} more changed, but are frozen")
        if not all(numpy.isfinite(new[name]).all() for name in learning):
            raise RuntimeError("a step of training left weights that are not finite")
        counts.append((len(learning), len(frozen)))
    return {"learning": counts[0][0], "half": counts[1][0], "frozen": counts[1][1]}


# ---- a new head, exported and used


def draw_photos(folder, size):
    """Two classes of coloured noise, of the network's own size: nothing is resampled."""
    generator = numpy.random.default_rng(SEED)
    paths, pixels = [], []
    for label, tint in (("blue", (0.4, 0.6, 1)), ("red", (1, 0.6, 0.4))):
        (folder / label).mkdir(parents=True)
        for number in range(PHOTOS):
            coarse = generator.integers(0, 256, (8, 8, 3), dtype=numpy.uint8)
            image = PIL.Image.fromarray(coarse).resize((size, size), PIL.Image.Resampling.BICUBIC)
            photo = (numpy.asarray(image) * numpy.array(tint)).astype(numpy.uint8)
            path = folder / label / f"{number}.png"
            PIL.Image.fromarray(photo).save(path)
            paths.append(path)
            pixels.append(photo.transpose(2, 0, 1).astype(numpy.float32))
    return paths, numpy.stack(pixels)


def check_use(graft, path, size, folder):
    """Trains a new head, exports, and compares the file's answers: graft's, ONNX Runtime's, and
    those that classify prints."""
    photos, pixels = draw_photos(folder / "photos", size)
    run, file = folder / "run", folder / "pets.onnx"
    graft_command(
        graft, "finetune", path, "on", folder / "photos", "--depth", "head", "--epochs", 3,
        "--fit", "stretch", "--val", 0.34, "--no-cache", "-q", "-o", run)
    graft_command(graft, "export", run, "-o", file, "--no-cache", "-q")
    onnx.checker.check_model(file)
    expected = run_onnxruntime(file, pixels)
    apart = float(numpy.abs(run_graft(graft, file, pixels, "fast", folder) - expected).max())
    half = check_half(graft, run, file, pixels, expected, folder)
    table = graft_command(graft, "classify", file, *photos, "--no-cache", "-q", "-o", "-")
    rows = {row["path"]: row for row in csv.DictReader(io.StringIO(table))}
    labels = ["blue", "red"]
    same, worst = 0, 0.0
    for photo, answer in zip(photos, expected, strict=True):
        row = rows[str(photo)]
        same += row["label"] == labels[int(answer.argmax())]
        apart_here = abs(float(row["probability"]) - float(answer.max()))
        worst = float(numpy.maximum(worst, apart_here))  # max would pass over NaN
    return {"export": apart, "photos": len(photos), "same": same, "classify": worst, **half}


def check_half(graft, run, whole, pixels, expected, folder):
    """The same with weights in float16: both runtimes' answers, and what rounding changes."""
    file = folder / "half.onnx"
    graft_command(
        graft, "export", run, "-o", file, "--weights", "float16", "--no-cache", "-q")
    onnx.checker.check_model(file)
    found = run_onnxruntime(file, pixels)
    own = run_graft(graft, file, pixels, "fast", folder)
    return {"half": float(numpy.abs(own - found).max()),
            "rounding": float(numpy.abs(found - expected).max()),
            "share": file.stat().st_size / whole.stat().st_size}


# ---- one network


def examine(graft, name):
    """All that is shown of a network, as it is kept."""
    model, size, image = network(name), side(name), images(name)
    result = {"name": name, "torch": torch.__version__, "torchvision": torchvision.__version__,
              "onnxruntime": onnxruntime.__version__, "exports": []}
    for exporter, opset in EXPORTS:
        entry = {"exporter": exporter, "opset": opset}
        result["exports"].append(entry)
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            path = folder / f"{name}.onnx"
            try:
                stage = "export by torch"
                export(model, path, exporter, opset, size)
                stage = "import"
                entry |= difference(
                    graft, lambda: in_float64(model, image), path, image, folder)
                if (exporter, opset) not in TRAINED:
                    continue
                stage = "training"
                entry["step"] = check_step(graft, path, image, folder)
                stage = "use"
                entry["use"] = check_use(graft, path, size, folder)
            except Exception as error:  # the exporter's own are of many kinds
                lines = str(error).strip().splitlines() or [type(error).__name__]
                entry["refused"] = f"{stage}: {lines[0]}".replace(str(folder), "")
    return result


def is_right(entry):
    """Within the limit; with --exact at least, and there within twice what ONNX Runtime itself is
    from PyTorch in float64."""
    return (entry.get("apart", 1) <= LIMIT
            or entry.get("exact", 1) <= max(LIMIT, 2 * entry.get("onnxruntime", 0)))


def is_used_rightly(use):
    """Each difference by itself: the largest of some and NaN may be a number."""
    return (all(use[key] <= LIMIT for key in ("export", "half", "classify"))
            and use["same"] == use["photos"])


def problems(result):
    """What is refused or beyond the limits."""
    for entry in result["exports"]:
        place = f"{result['name']}, {entry['exporter']} {entry['opset']}"
        if "refused" in entry:
            yield f"{place}: {entry['refused']}"
        if not is_right(entry) and "apart" in entry:
            yield (f"{place}: {entry['apart']:.1e} from ONNX Runtime, {entry['exact']:.1e} with "
                   f"--exact; ONNX Runtime is {entry['onnxruntime']:.1e} from PyTorch in float64")
        use = entry.get("use")
        if use and not is_used_rightly(use):
            yield f"{place}: the exported file's answers differ: {use}"


# ---- the table


def row(result):
    trained = [e for e in result["exports"] if (e["exporter"], e["opset"]) in TRAINED]
    cells = [f"{e['apart']:.0e}" if "apart" in e else "**no**" for e in result["exports"]]
    cells = [f"{cell} (exact {e['exact']:.0e}, ORT {e['onnxruntime']:.0e})"
             if "exact" in e else cell for cell, e in zip(cells, result["exports"])]
    steps = ["{learning}; {half}, {frozen}".format(**e["step"]) if "step" in e else "**no**"
             for e in trained]
    exports = [f"{e['use']['export']:.0e}" if "use" in e else "**no**" for e in trained]
    halves = ["{share:.0%}, {half:.0e}, {rounding:.0e}".format(**e["use"])
              if "use" in e else "**no**" for e in trained]
    names = ["{same}/{photos}, {classify:.0e}".format(**e["use"]) if "use" in e else "**no**"
             for e in trained]
    joined = [" / ".join(texts) for texts in (steps, exports, halves, names)]
    return [result["name"], *cells, *joined]


HEADER = ["network", *(f"{e} {o}" for e, o in EXPORTS), "train step", "export in ORT",
          "float16", "classify"]

EXPLANATION = """\
- **Import**: the largest difference between graft's answers and ONNX Runtime's for two images, as a
  share of the largest difference between the answers for one and the other. Limit {limit:.0e}.
  Deep networks with random weights enlarge rounding: beyond the limit the same follows for
  `--exact`, without Winograd's rounding, and what ONNX Runtime itself is from PyTorch in float64,
  of which twice is allowed. Each file keeps its weights inside, but for dynamo's, which has them
  beside it.
- **Train step**, of the files of opset 17 and 18 in this order: tensors that one step changed when
  the whole network learned; then those when everything up to its middle layer was frozen, and those
  that were frozen. Every tensor that learns has changed, no other has changed a bit, and every
  weight, bias and scale of a convolution, fully connected layer or normalisation is among them,
  unless frozen. The rate is {rate:.0e}, for the question is whether a gradient arrives: at 1 the step
  of a bias of MobileNetV2's first layer was lost to rounding.
- **Export in ORT**: a head for two classes trained by `graft finetune` on {photos} drawn photos and
  written by `graft export`; the largest difference of a probability between graft and ONNX Runtime
  on that file. Limit {limit:.0e}.
- **float16**: the same with `--weights float16`: the size of the file as a share of the other's, the
  largest difference between graft and ONNX Runtime on it (limit {limit:.0e}), and between it and the
  other file, which is what rounding the weights changed.
- **Classify**: photos that `graft classify` names as ONNX Runtime does, and the largest difference
  of their probability.
"""


def document(results):
    versions = sorted({(r["torchvision"], r["torch"], r["onnxruntime"]) for r in results})
    made = "; ".join(f"torchvision {v}, torch {t}, ONNX Runtime {o}" for v, t, o in versions)
    lines = [
        "# torchvision's networks", "",
        "Every family of torchvision's classifiers with seeded random weights, exported by both of "
        "torch's exporters,", "imported, trained, exported by graft and used. Written by "
        "`Scripts/compare-with-onnxruntime --families --write`", f"with {made}.", "",
        EXPLANATION.format(limit=LIMIT, rate=RATE, photos=2 * PHOTOS),
        "| " + " | ".join(HEADER) + " |", "|---" * len(HEADER) + "|",
        *("| " + " | ".join(row(r)) + " |" for r in results), ""]
    found = [p for r in results for p in problems(r)]
    within = sum(e.get("apart", 1) <= LIMIT for r in results for e in r["exports"])
    wider = {r["name"]: sum(is_right(e) and not e["apart"] <= LIMIT for e in r["exports"])
             for r in results}
    files = sum(len(r["exports"]) for r in results)
    lines += [f"{within} of {files} files are within {LIMIT:.0e} of ONNX Runtime."]
    if any(wider.values()):
        names = ", ".join(f"{name} {count}" for name, count in wider.items() if count)
        lines += [f"{sum(wider.values())} more are not, and pass only by the wider rule above: "
                  f"{names}."]
    lines += [""]
    lines += ["## Refused, or not right by these rules", ""]
    lines += [f"- {p}" for p in found] or ["Nothing."]
    missing = [n for n in FAMILIES if n not in {r["name"] for r in results}]
    if missing:
        lines += ["", "Not examined yet: " + ", ".join(missing) + "."]
    return "\n".join(lines) + "\n"


def compare(graft, names, cache, again=False, target=None):
    """Prints a table; the number of exports that are refused or beyond a limit."""
    unknown = [name for name in names if not hasattr(torchvision.models, name)]
    if unknown:
        raise SystemExit(f"error: torchvision has no network {', '.join(unknown)}")
    kept = cache / "networks"
    kept.mkdir(parents=True, exist_ok=True)
    print(f"torchvision {torchvision.__version__}, torch {torch.__version__}, seeded random "
          f"weights; limit {LIMIT:.0e}; results in {kept}.\n")
    print("| " + " | ".join(HEADER) + " |")
    print("|---" * len(HEADER) + "|")
    failures = []
    for name in names or FAMILIES:
        path = kept / f"{name}.json"
        if again or not path.exists():
            unfinished = path.with_suffix(".part")
            unfinished.write_text(json.dumps(examine(graft, name), indent=1))
            unfinished.rename(path)
        result = json.loads(path.read_text())
        print("| " + " | ".join(row(result)) + " |", flush=True)
        failures += problems(result)
    for failure in failures:
        print(f"\n- {failure}")
    if target:
        every = [kept / f"{name}.json" for name in FAMILIES]
        target.write_text(document([json.loads(p.read_text()) for p in every if p.exists()]))
    return len(failures)
