"""Compare graft's training with PyTorch's. Called by compare-with-pytorch, which says how to use it."""

import argparse
import copy
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy
import torch
import torchvision

from torch_statistics import take_statistics

# A gradient may be off by twice what PyTorch's own float32 is off from float64, or by this much, as
# a share of its norm.
GRADIENT_LIMIT = 1e-4
# Largest difference between two losses.
LOSS_LIMIT = 1e-3
STEPS, MOMENTUM = 10, 0.9
SEED = 1
LABELS = [3, 7]
# A Relu whose argument is within rounding of 0 takes either side, and each such place changes the
# gradients of all layers before it by some 1e-3, in PyTorch's float32 as in graft's. Where it happens
# is chance, and the smaller the images, the fewer: a gradient is right if it is within the limit for
# one of eight batches, of which all but the first have small images where the network takes them.
BATCHES, SMALL_SIDE = 8, 96
# Their adaptive pooling cannot be exported for other sizes.
FIXED_SIDE = {"alexnet", "vgg16"}
# The loss falls by about so much in ten steps: a larger rate would let those places decide the losses.
FALL = 0.1
# BatchNormalization with running statistics (frozen) or those of the batch (train).
NETWORKS = {
    "alexnet": ["frozen"], "vgg16": ["frozen"], "resnet50": ["frozen", "train"],
    "googlenet": ["frozen", "train"], "inception_v3": ["frozen", "train"],
    "mobilenet_v2": ["frozen", "train"]}


def side(name, number=0):
    """Of the images of a batch."""
    if number > 0 and name not in FIXED_SIDE:
        return SMALL_SIDE
    return 299 if name == "inception_v3" else 224


def build(name):
    """torchvision's network with its seeded weights, without dropping.

    Fresh networks are full of zeros and ones, which hide errors and which the exporter merges: those
    parameters get some noise, and the running statistics those of other random images.
    """
    torch.manual_seed(0)
    options = {}
    if name in ("googlenet", "inception_v3"):
        options = {"aux_logits": False, "init_weights": True}
    model = getattr(torchvision.models, name)(weights=None, num_classes=1000, **options)
    if hasattr(model, "transform_input"):
        model.transform_input = False
    generator = torch.Generator().manual_seed(SEED)
    for parameter in model.parameters():
        if parameter.min() == parameter.max():
            parameter.data += 0.1 * torch.randn(parameter.shape, generator=generator)
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    take_statistics(model, torch.randn(8, 3, side(name), side(name), generator=generator))
    return model.eval()


def export(model, width, path):
    """As ONNX, BatchNormalization kept: folded, it could not be trained."""
    if path.exists():
        return
    warnings.filterwarnings("ignore")
    torch.onnx.export(
        model, torch.zeros(1, 3, width, width), path, dynamo=False, opset_version=13,
        training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
        input_names=["input"], output_names=["logits"],
        dynamic_axes={"input": {0: "batch"}, "logits": {0: "batch"}})


def set_mode(model, mode):
    """Without dropping in either mode; only the normalisations differ."""
    model.eval()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.train(mode == "train")


def gradients(model, image, labels, mode):
    """The gradient by each parameter, as float64 arrays."""
    set_mode(model, mode)
    model.zero_grad()
    torch.nn.functional.cross_entropy(model(image), labels).backward()
    return {name: p.grad.double().numpy().copy() for name, p in model.named_parameters()}


def losses(model, image, labels, mode, rate):
    """The loss before each step of descent."""
    set_mode(model, mode)
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=MOMENTUM)
    found = []
    for _ in range(STEPS):
        loss = torch.nn.functional.cross_entropy(model(image), labels)
        found.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return found


def run_graft(graft, path, image, mode, method, folder, steps=1, rate=0.0):
    """graft's gradients by name, and its losses."""
    numpy.save(folder / "in.npy", image)
    command = [graft, "learn", path, "--input", folder / "in.npy", "--steps", steps, "--rate", rate,
               "--momentum", MOMENTUM, "--gradients", folder / "gradients", "--labels", *LABELS]
    command += ["--batch-statistics"] if mode == "train" else []
    command += ["--exact"] if method == "exact" else []
    finished = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True)
    if finished.returncode != 0:
        lines = finished.stderr.strip().splitlines() or [f"exit code {finished.returncode}"]
        raise RuntimeError(lines[0])
    summary = json.loads(finished.stdout)
    raw = numpy.fromfile(folder / "gradients", dtype="<f4")
    found, start = {}, 0
    for parameter in summary["parameters"]:
        count = int(numpy.prod(parameter["shape"]))
        found[parameter["name"]] = raw[start:start + count].reshape(parameter["shape"])
        start += count
    return found, summary["losses"]


def share(a, b):
    """The norm of a difference as a share of the norm of the second."""
    return float(numpy.linalg.norm(a.astype(numpy.float64) - b) / max(numpy.linalg.norm(b), 1e-300))


def recorded(exact, single):
    """What is kept of a parameter: the norm of its gradient, PyTorch's own error, three samples."""
    flat = exact.reshape(-1)
    samples = [flat[i] for i in (0, flat.size // 2, flat.size - 1)]
    numbers = (numpy.linalg.norm(flat), share(single, exact), *samples)
    return [float(f"{number:.7g}") for number in numbers]


def batch(name, number):
    """Seeded images."""
    shape = (len(LABELS), 3, side(name, number), side(name, number))
    return numpy.random.default_rng(SEED + number).standard_normal(shape, dtype=numpy.float32)


class Reference:
    """PyTorch's numbers for one network and mode, computed when first asked for."""

    def __init__(self, name, model, mode):
        self.name, self.model, self.mode = name, model, mode
        self.labels = torch.tensor(LABELS)
        self.known = {}
        # To first order: each parameter moves by the rate times its gradient times the velocities.
        velocities = [(1 - MOMENTUM ** step) / (1 - MOMENTUM) for step in range(STEPS)]
        square = sum(float((g * g).sum()) for g in self.gradients(0)[0].values())
        self.rate = float(f"{FALL / (square * sum(velocities)):.2g}")

    def gradients(self, number):
        """In float64 and in float32."""
        if number not in self.known:
            image = torch.from_numpy(batch(self.name, number))
            double = copy.deepcopy(self.model).double()
            exact = gradients(double, image.double(), self.labels, self.mode)
            del double
            single = gradients(copy.deepcopy(self.model), image, self.labels, self.mode)
            self.known[number] = exact, single
        return self.known[number]

    def losses(self):
        image = torch.from_numpy(batch(self.name, 0))
        return losses(copy.deepcopy(self.model), image, self.labels, self.mode, self.rate)

    def record(self, expected):
        exact, single = self.gradients(0)
        return {"rate": self.rate, "losses": [float(f"{loss:.7g}") for loss in expected],
                "gradients": {key: recorded(exact[key], single[key]) for key in exact}}


def judge(graft, reference, method, expected, folder):
    """The cells of a row, and whether the limits hold."""
    wrong, worst, drift = None, (0.0, "", 0.0), 0.0
    for number in range(BATCHES):
        width = side(reference.name, number)
        path = folder / f"{reference.name}-{width}.onnx"
        export(reference.model.eval(), width, path)
        found, found_losses = run_graft(
            graft, path, batch(reference.name, number), reference.mode, method, folder,
            steps=STEPS if number == 0 else 1, rate=reference.rate)
        exact, single = reference.gradients(number)
        if sorted(found) != sorted(exact):
            raise RuntimeError(f"other parameters: {sorted(set(found) ^ set(exact))[:5]}")
        if number == 0:
            drift = max(abs(a - float(b)) for a, b in zip(expected, found_losses, strict=True))
        errors = {key: share(found[key], exact[key]) for key in exact}
        own = {key: share(single[key], exact[key]) for key in exact}
        bad = {key for key in exact if not errors[key] <= max(GRADIENT_LIMIT, 2 * own[key])}
        if number == 0:
            key = max(errors, key=errors.get)
            worst = errors[key], key, own[key]
            first = len(bad)
        wrong = bad if wrong is None else wrong & bad
        if not wrong:
            break
    cells = (f"{len(exact)} | {worst[0]:.1e} ({worst[1]}) | {worst[2]:.1e} | {first} | {len(wrong)} "
             f"| {drift:.1e}")
    return cells, not wrong and drift <= LOSS_LIMIT


def compare(graft, name, methods, folder, record):
    model = build(name)
    failures = 0
    for mode in NETWORKS[name]:
        reference = Reference(name, model, mode)
        expected = reference.losses()
        record[f"{name} {mode}"] = reference.record(expected)
        for method in methods:
            try:
                cells, good = judge(graft, reference, method, expected, folder)
            except (RuntimeError, OSError, ValueError) as error:
                cells, good = str(error), False
            failures += not good
            print(f"| {name} | {mode} | {method} | {cells} | {'yes' if good else '**no**'} |",
                  flush=True)
    for path in folder.glob("*.onnx"):
        path.unlink()
    return failures


def as_lines(record):
    """JSON with a line for each parameter."""
    networks = []
    for network, numbers in sorted(record.items()):
        rows = [f"{json.dumps(key)}: {json.dumps(row)}"
                for key, row in numbers["gradients"].items()]
        networks.append(
            f'"{network}": {{"rate": {numbers["rate"]}, "losses": {numbers["losses"]},\n'
            '"gradients": {\n' + ",\n".join(rows) + "}}")
    return "{\n" + ",\n".join(networks) + "\n}\n"


def main():
    parser = argparse.ArgumentParser(
        usage="Scripts/compare-with-pytorch [option…] [NETWORK …], see --help",
        prog="compare-with-pytorch")
    parser.add_argument("networks", nargs="*", metavar="NETWORK")
    parser.add_argument("--graft", required=True)
    parser.add_argument("--record", type=pathlib.Path)
    parser.add_argument("--safetensors", action="store_true")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--exact", dest="methods", action="store_const", const=["exact"])
    mode.add_argument("--fast", dest="methods", action="store_const", const=["fast"])
    arguments = parser.parse_args()
    if arguments.safetensors:
        if arguments.record or arguments.methods:
            parser.error("--safetensors goes with --graft and names of networks only")
        import compare_safetensors

        if failures := compare_safetensors.compare_all(arguments.graft, arguments.networks):
            sys.exit(f"error: {failures} rows are not within the limit")
        return
    names = arguments.networks or list(NETWORKS)
    if unknown := [name for name in names if name not in NETWORKS]:
        parser.error(f"no network {', '.join(unknown)}; known: {', '.join(NETWORKS)}")

    print(f"graft against PyTorch {torch.__version__}, batches of {len(LABELS)} seeded from {SEED}, "
          f"{STEPS} steps with momentum {MOMENTUM}.\nLimits: gradients {GRADIENT_LIMIT:.0e} or twice "
          f"PyTorch's own float32 error, losses {LOSS_LIMIT:.0e}.\n")
    print("| network | normalisation | mode | parameters | largest error (of) | PyTorch's float32 "
          "| beyond the limit: first batch | all batches | losses apart | within the limits |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    failures, record = 0, {}
    if arguments.record and arguments.record.exists():
        record = json.loads(arguments.record.read_text())
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            failures += compare(
                arguments.graft, name, arguments.methods or ["exact", "fast"], pathlib.Path(folder),
                record)
            if arguments.record:
                arguments.record.write_text(as_lines(record))
    if failures:
        sys.exit(f"error: {failures} rows are not within the limits")


if __name__ == "__main__":
    main()
