"""Compare graft with ONNX Runtime. Called by compare-with-onnxruntime, which says how to use it."""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy
import onnxruntime

# Largest difference allowed, as a share of the largest output. Exact: sums in another order.
# Fast: Winograd convolution, which rounds its transforms.
LIMITS = {"exact": 5e-5, "fast": 5e-4}
ARCHITECTURES = ["alexnet", "vgg16", "vgg19", "resnet18", "resnet50", "squeezenet1_1"]
SEED = 1


def export_torchvision(architecture, folder):
    """The architecture with torch's seeded random weights, as ONNX. Kept for the next time."""
    import torch
    import torchvision

    # This exporter wrote the files that people have; torch says each time that it is the old one.
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    path = folder / f"{architecture}-torch{torch.__version__}.onnx"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    model = getattr(torchvision.models, architecture)(weights=None).eval()
    unfinished = path.with_suffix(".part")
    torch.onnx.export(
        model, torch.zeros(1, 3, 224, 224), unfinished, dynamo=False, opset_version=13,
        input_names=["input"], output_names=["logits"],
        dynamic_axes={"input": {0: "batch"}, "logits": {0: "batch"}})
    unfinished.rename(path)
    return path


def input_shape(model_input, batch):
    """The input's shape for a batch; sides that the model leaves open are 224."""
    channels, *area = model_input.shape[1:]
    return [batch, channels, *(side if isinstance(side, int) else 224 for side in area)]


def run_onnxruntime(session, image):
    """The first output. A model made for one image at a time is run so; graft frees its batch."""
    model_input = session.get_inputs()[0]
    if model_input.shape[0] != 1:
        return session.run(None, {model_input.name: image})[0]
    rows = [session.run(None, {model_input.name: image[i:i + 1]})[0] for i in range(len(image))]
    return numpy.concatenate(rows)


def run_graft(graft, model, image, mode, folder):
    source, target = folder / "in.npy", folder / "out.npy"
    numpy.save(source, image)
    command = [graft, "run", model, "--input", source, "--output", target]
    if mode == "exact":
        command.append("--exact")
    target.unlink(missing_ok=True)
    finished = subprocess.run(
        [os.fspath(word) for word in command], capture_output=True, text=True)
    if finished.returncode != 0:
        lines = finished.stderr.strip().splitlines() or [f"exit code {finished.returncode}"]
        raise RuntimeError(lines[0])
    return numpy.load(target)


def top5(scores):
    return numpy.argsort(-scores.reshape(len(scores), -1), axis=1, kind="stable")[:, :5]


def scores(probabilities):
    """What lies before the Softmax, but for a constant: random networks find all classes equally
    likely."""
    logarithms = numpy.log(probabilities.astype(numpy.float64))
    return logarithms - logarithms.mean(axis=1, keepdims=True)


def compare(graft, model, batches, modes, folder):
    """One row for each batch and mode: the cells, and whether the limit holds."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        os.fspath(model), options, providers=["CPUExecutionProvider"])
    fixed = session.get_inputs()[0].shape[0]
    if isinstance(fixed, int) and fixed != 1:
        yield "-", "-", f"batch size fixed at {fixed}; ONNX Runtime cannot run another", "", False
        return
    for shape in (input_shape(session.get_inputs()[0], batch) for batch in batches):
        image = numpy.random.default_rng(SEED).standard_normal(shape, dtype=numpy.float32)
        expected = run_onnxruntime(session, image)
        for mode in modes:
            try:
                found = run_graft(graft, model, image, mode, folder)
            except (RuntimeError, OSError, ValueError) as error:
                yield shape[0], mode, str(error), "", False
                continue
            if found.shape != expected.shape:
                yield shape[0], mode, f"shape {found.shape}, not {expected.shape}", "", False
                continue
            # Comparing with `<=` makes NaN fail.
            difference = numpy.abs(found - expected).max() / numpy.abs(expected).max()
            agreeing = int((top5(found) == top5(expected)).all(axis=1).sum())
            yield (shape[0], mode, f"{difference:.1e}", f"{agreeing}/{len(found)}",
                   bool(difference <= LIMITS[mode]))


def patches(count, size):
    """Images of coloured patches with some noise, as different as photos are."""
    generator = numpy.random.default_rng(SEED)
    coarse = generator.standard_normal((count, 3, 8, 8)).repeat(38, 2).repeat(38, 3)
    noise = generator.standard_normal((count, 3, size, size))
    return (coarse[:, :, :size, :size] + 0.3 * noise).astype(numpy.float32)


def models(arguments, parser):
    found = [pathlib.Path(path) for path in arguments.models]
    data = os.environ.get("GRAFT_DATA")
    if not found and data:
        found = sorted(pathlib.Path(data, "weights").glob("*.onnx"))
        if not found:
            sys.exit(f"error: no .onnx file in {data}/weights")
    if arguments.torchvision:
        found += [export_torchvision(name, arguments.cache / "models") for name in ARCHITECTURES]
    if not found:
        parser.error("nothing to compare: name a model, set GRAFT_DATA or give --torchvision")
    return found


def compare_others(arguments):
    """Another table; how many of its rows are not as they should be."""
    pages = pathlib.Path(__file__).parent.parent / "Benchmarks"
    if arguments.families:
        import compare_families

        return compare_families.compare(
            arguments.graft, arguments.only + arguments.models, arguments.cache, arguments.again,
            pages / "NETWORKS.md" if arguments.write else None)
    if arguments.zoo:
        import compare_zoo

        return compare_zoo.compare(
            arguments.graft, arguments.only + arguments.models, arguments.cache, arguments.again,
            pages / "ZOO.md" if arguments.write else None)
    if arguments.old_opsets:
        import compare_old_opsets

        return compare_old_opsets.compare(arguments.graft, arguments.models)
    import compare_keras

    return compare_keras.compare(arguments.graft, arguments.models, arguments.cache)


def batch_sizes(text):
    """"1,2,7" as numbers; argparse reports a ValueError with the name of this function."""
    return [int(number) for number in text.split(",")]


def main():
    parser = argparse.ArgumentParser(
        usage="Scripts/compare-with-onnxruntime [option…] [MODEL.onnx …], see --help",
        prog="compare-with-onnxruntime")
    parser.add_argument("models", nargs="*", metavar="MODEL.onnx")
    parser.add_argument("--graft", required=True)
    parser.add_argument("--cache", type=pathlib.Path, required=True)
    parser.add_argument("--torchvision", action="store_true")
    for other in ("--families", "--zoo", "--old-opsets", "--keras"):
        parser.add_argument(other, action="store_true")
    parser.add_argument("--only", type=lambda text: text.split(","), default=[])
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--batches", type=batch_sizes, default="1,2,7")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--exact", dest="modes", action="store_const", const=["exact"])
    mode.add_argument("--fast", dest="modes", action="store_const", const=["fast"])
    arguments = parser.parse_args()
    others = [arguments.families, arguments.zoo, arguments.old_opsets, arguments.keras]
    if any(others):
        if arguments.torchvision or arguments.modes or sum(others) > 1:
            parser.error(
                "--families, --zoo, --old-opsets and --keras go alone, with --graft and names of "
                "networks")
    kept = arguments.families or arguments.zoo
    if (arguments.only or arguments.again or arguments.write) and not kept:
        parser.error("--only, --again and --write go with --families and --zoo")
    if any(others):
        sys.exit(1 if compare_others(arguments) else 0)
    compared = models(arguments, parser)

    print(f"graft against ONNX Runtime {onnxruntime.__version__}, inputs seeded with {SEED}. "
          f"Limits: exact {LIMITS['exact']:.0e}, fast {LIMITS['fast']:.0e}.\n")
    print("| model | batch | mode | max\\|a-b\\| / max\\|b\\| | same top 5, in order "
          "| within the limit |")
    print("|---|---|---|---|---|---|")
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for model in compared:
            rows = compare(arguments.graft, model, arguments.batches,
                           arguments.modes or list(LIMITS), pathlib.Path(folder))
            for batch, mode, difference, agreeing, good in rows:
                failures += not good
                print(f"| {model.stem} | {batch} | {mode} | {difference} | {agreeing} "
                      f"| {'yes' if good else '**no**'} |", flush=True)
    if failures:
        sys.exit(f"error: {failures} rows are not within the limit")


if __name__ == "__main__":
    main()
