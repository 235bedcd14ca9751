"""Weights that torchvision's networks save as safetensors, in graft and in PyTorch.

Called by compare-with-pytorch --safetensors, which says how to use it.
"""

import pathlib
import subprocess
import tempfile
import time

import numpy
import safetensors.torch
import torch
import torchvision

from torch_statistics import take_statistics

SEED = 1
# Largest difference allowed, as a share of what sets the logits of two photos apart; deep networks
# with random weights enlarge rounding, so twice what PyTorch's own float32 is off is allowed as well.
LIMIT = 1e-4
NETWORKS = [
    "alexnet", "vgg11", "vgg11_bn", "vgg13", "vgg13_bn", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn",
    "googlenet", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnext50_32x4d",
    "wide_resnet50_2", "squeezenet1_0", "squeezenet1_1", "mobilenet_v2", "densenet121",
    "densenet169",
]
# Mean and deviation of ImageNet's pixels, which torchvision takes out of its photos.
NORMALIZATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# Other classes than ImageNet's, for each kind of head; other types of numbers.
CLASSES = {"alexnet": 7, "googlenet": 2, "resnet18": 7, "squeezenet1_1": 7, "mobilenet_v2": 7,
           "densenet121": 7}
TYPES = {"resnet18": [torch.float16, torch.bfloat16, torch.float64]}


def photos(count):
    """Coloured patches with some noise, as numbers from 0 to 255."""
    generator = numpy.random.default_rng(SEED)
    patches = generator.uniform(30, 225, (count, 3, 8, 8)).repeat(28, 2).repeat(28, 3)
    noise = generator.uniform(-30, 30, (count, 3, 224, 224))
    return (patches + noise).round().astype(numpy.float32)


def network(name, classes):
    """Seeded weights. googlenet with what torchvision's published weights come with: auxiliary
    heads, and pixels that it brings to -1 … 1 by itself."""
    torch.manual_seed(SEED)
    options = {}
    if name == "googlenet":
        options = {"aux_logits": True, "transform_input": True, "init_weights": True}
    model = getattr(torchvision.models, name)(weights=None, num_classes=classes, **options)
    generator = torch.Generator().manual_seed(SEED)
    for parameter in model.parameters():  # zeros and ones hide errors
        if parameter.min() == parameter.max():
            parameter.data += 0.1 * torch.randn(parameter.shape, generator=generator)
    mean, deviation = (torch.tensor(x).view(3, 1, 1) for x in NORMALIZATION)
    take_statistics(model, ((torch.from_numpy(photos(4)) / 255 - mean) / deviation).float())
    return model.eval()


def run(*command):
    """The peak resident memory of a command in bytes, where Linux says it; else 0.

    Asked for while it runs: what the system tells at the end counts the memory of this process too,
    of which the command was a copy before it began.
    """
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [str(word) for word in command], stdout=subprocess.DEVNULL, stderr=errors)
        peak = 0
        while process.poll() is None:
            try:
                status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
                peak = int(status.split("VmHWM:")[1].split()[0]) * 1024
            except (OSError, IndexError):
                pass  # ended in between, or no Linux
            time.sleep(0.005)
        if process.returncode != 0:
            errors.seek(0)
            lines = [line for line in errors if line.startswith("error:")]
            raise RuntimeError((lines or [f"exit code {process.returncode}"])[0].strip())
    return peak


def compare(graft, name, classes, kind, folder):
    """The cells of a row: bytes of the file, peak memory of convert, how far graft's logits are
    from PyTorch's in float64, and how far PyTorch's in float32 are."""
    model = network(name, classes).to(kind)
    weights = folder / "w.safetensors"
    safetensors.torch.save_file(model.state_dict(), weights)
    model = model.double()  # of the numbers as they were saved
    labels = []
    if classes != 1000:
        (folder / "labels.txt").write_text("".join(f"class {i}\n" for i in range(classes)))
        labels = ["--labels", folder / "labels.txt"]
    converted, logits = folder / "converted.onnx", folder / "logits.onnx"
    memory = run(graft, "convert", name, weights, "-o", converted, "--force", "-q", *labels)
    run(graft, "export", converted, "--output", "logits", "-o", logits, "--force", "-q",
        "--no-cache")

    pixels = photos(2)
    numpy.save(folder / "in.npy", pixels)
    run(graft, "run", logits, "--input", folder / "in.npy", "--output", folder / "out.npy")
    found = numpy.load(folder / "out.npy")

    mean, deviation = (torch.tensor(x).double().view(3, 1, 1) for x in NORMALIZATION)
    image = (torch.from_numpy(pixels).double() / 255 - mean) / deviation
    with torch.no_grad():
        expected = model(image).numpy()
        single = model.float()(image.float()).numpy()
    apart = numpy.abs(expected[0] - expected[1]).max()
    differences = [float(numpy.abs(other - expected).max() / apart) for other in (found, single)]
    return weights.stat().st_size, memory, *differences


def compare_all(graft, names):
    """Prints a table; the number of rows that are beyond the limit."""
    print(f"graft against torchvision {torchvision.__version__}, PyTorch {torch.__version__}, "
          f"safetensors {safetensors.__version__}; limit {LIMIT:.0e}.\n")
    print("| network | classes | numbers | file MB | peak memory of convert MB | logits apart "
          "| PyTorch's float32 |")
    print("|---|---|---|---|---|---|---|")
    failures = 0
    for name in names or NETWORKS:
        rows = [(1000, torch.float32)] + [(1000, kind) for kind in TYPES.get(name, [])]
        rows += [(CLASSES[name], torch.float32)] if name in CLASSES else []
        for classes, kind in rows:
            with tempfile.TemporaryDirectory() as folder:
                try:
                    size, memory, apart, own = compare(
                        graft, name, classes, kind, pathlib.Path(folder))
                    cells = f"{size / 1e6:.1f} | {memory / 1e6:.0f} | {apart:.1e} | {own:.1e}"
                    failures += not apart <= max(LIMIT, 2 * own)
                except (RuntimeError, OSError, ValueError) as error:
                    cells, failures = f"{error} | | **no** |", failures + 1
            print(f"| {name} | {classes} | {str(kind).removeprefix('torch.')} | {cells} |",
                  flush=True)
    return failures
