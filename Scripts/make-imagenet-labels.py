"""Write models/labels/imagenet.json from the names that torchvision publishes (BSD-3-Clause).

usage: Scripts/make-imagenet-labels.py [--check SYNSETS]

Needs a Python with torchvision (`pip install torchvision`); 0.28.0 wrote the file in the
repository. Class names must be unique in graft, because a prediction is reported by name, so a
repeated name stops the script instead of being written. With --check, every name is compared with
line n of a synset file ("n01440764 tench, Tinca tinca"): the order of the 1000 classes is what a
wrong table gets wrong. Differences are printed, and more than ten of them fail.
"""

import argparse
import collections
import json
import pathlib
import sys

from torchvision.models._meta import _IMAGENET_CATEGORIES

OUTPUT = pathlib.Path(__file__).parent.parent / "models" / "labels" / "imagenet.json"


def differences(names, synset_file):
    """The classes whose name is not among the words of the same line of the synset file."""
    lines = pathlib.Path(synset_file).read_text().splitlines()
    if len(lines) != len(names):
        sys.exit(f"{synset_file}: {len(lines)} lines, expected {len(names)}")
    for index, (name, line) in enumerate(zip(names, lines)):
        words = line.partition(" ")[2].split(", ")
        if name.lower() not in (word.strip().lower() for word in words):
            yield f"class {index}: {name!r}, synset file says {line!r}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", metavar="SYNSETS", help="compare with a synset file")
    arguments = parser.parse_args()

    names = list(_IMAGENET_CATEGORIES)
    repeated = [name for name, count in collections.Counter(names).items() if count > 1]
    if len(names) != 1000 or repeated:
        sys.exit(f"expected 1000 different names, found {len(names)}, repeated: {repeated}")

    if arguments.check:
        found = list(differences(names, arguments.check))
        print("\n".join(found) or "every name is on its line")
        if len(found) > 10:
            sys.exit(f"{len(found)} names differ: the order of the classes is wrong")

    OUTPUT.write_text(json.dumps(names, indent=0, ensure_ascii=False) + "\n")
    print(f"wrote {OUTPUT}: {len(names)} names")


if __name__ == "__main__":
    main()
