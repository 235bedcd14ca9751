"""Do losses with Winograd's convolutions follow those of plain sums?

usage: winograd.py [--steps 200] [--batch 4] [--side 224] [--rate 0.0005] [--graft PROGRAM] MODEL.onnx …

Trains every layer of each network on one batch of random pictures, once as graft does by default and once
with --exact, and prints the largest difference of the two losses of a step, relative to the loss. Exits
with 1 where one is above half a percent. Needs Python alone.
"""

import argparse
import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

import npy

LIMIT = 0.005


def losses(given, model, pictures, *flags):
    command = [
        given.graft, "learn", model, "--input", str(pictures), "--steps", str(given.steps),
        "--rate", str(given.rate), "--json", "--quiet", *flags,
        "--labels", *(str(index) for index in range(given.batch))]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"error: {' '.join(command)} ended with {done.returncode}")
    found = json.loads(done.stdout)["losses"]
    if not all(isinstance(loss, float) for loss in found):
        sys.exit(f"error: {model}: losses are no numbers any more; a smaller --rate?")
    return found


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", metavar="MODEL.onnx")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--side", type=int, default=224, help="of the pictures")
    parser.add_argument("--rate", type=float, default=0.0005)
    release = pathlib.Path(__file__).resolve().parent.parent / ".build" / "release" / "graft"
    parser.add_argument("--graft", default=str(release))
    given = parser.parse_args()
    if given.steps < 1 or given.batch < 1:
        parser.error("--steps and --batch have to be at least 1")

    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        pictures = pathlib.Path(folder) / "pictures.npy"
        shape = (given.batch, 3, given.side, given.side)
        generator = random.Random(1)
        npy.write(pictures, shape, (generator.gauss(0, 1) for _ in range(math.prod(shape))))
        for model in given.models:
            fast = losses(given, model, pictures)
            exact = losses(given, model, pictures, "--exact")
            apart = [abs(a - b) / abs(b) for a, b in zip(fast, exact)]
            step = max(range(len(apart)), key=apart.__getitem__)
            worst = max(worst, apart[step])
            print(f"{pathlib.Path(model).name}: {len(apart)} steps, loss {exact[0]:.4f} to {exact[-1]:.4f}, "
                  f"at most {100 * apart[step]:.4f} % apart (step {step + 1})", flush=True)
    return 1 if worst > LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
