"""Check the records in models/: keys, types, unique names, label files. Called by check-models."""

import json
import pathlib
import re
import sys

MODELS = pathlib.Path(__file__).parent.parent / "models"
REQUIRED = {
    "name": str, "aliases": list, "family": str, "description": str, "sources": list,
    "sha256": str, "bytes": int, "licence": str, "opset": int, "preprocessing": dict,
    "preprocessingVerified": bool, "labels": str,
}
OPTIONAL = {"accuracy": dict, "notes": list, "variants": list}
PREPROCESSING = {
    "version", "channels", "resize", "filter", "fit", "crop", "scale", "mean", "std", "alpha",
    "exif",
}


def problems(path, record, taken, hashes):
    for key, kind in REQUIRED.items():
        if not isinstance(record.get(key), kind):
            yield f"{key} is missing or no {kind.__name__}"
            return
    for key in record.keys() - REQUIRED.keys() - OPTIONAL.keys():
        yield f"unknown key {key}"
    if record["name"] != path.stem:
        yield f"name is {record['name']!r}, the file is named {path.stem!r}"
    for variant in record.get("variants", []):
        if variant.keys() - {"quantized"} != {"names", "opset", "bytes", "sha256"}:
            yield f"variant {variant.get('names')} has keys {sorted(variant.keys())}"
            return
        if variant.get("quantized") not in (None, "int8", "qdq"):
            yield f"variant {variant['names']} is quantized as {variant['quantized']!r}"
    for names, sha256 in [
        ([record["name"], *record["aliases"]], record["sha256"]),
        *[(variant["names"], variant["sha256"]) for variant in record.get("variants", [])],
    ]:
        for name in names:
            if name in taken:
                yield f"name {name!r} is taken by {taken[name]}"
            taken[name] = path.name
        if not re.fullmatch("[0-9a-f]{64}", sha256):
            yield f"sha256 of {names[0]} is not 64 lower-case hexadecimal digits"
        if sha256 in hashes:
            yield f"sha256 of {names[0]} is that of {hashes[sha256]}, too"
        hashes[sha256] = path.name
    if record["preprocessing"].keys() != PREPROCESSING:
        yield f"preprocessing differs in {sorted(record['preprocessing'].keys() ^ PREPROCESSING)}"
    if not (MODELS / "labels" / f"{record['labels']}.json").exists():
        yield f"no labels/{record['labels']}.json"


def main():
    taken, hashes, failed = {}, {}, False
    for path in sorted(MODELS.glob("*.json")):
        if path.stem == "default":  # the embedded network's card, checked by its own test
            continue
        for problem in problems(path, json.loads(path.read_text()), taken, hashes):
            print(f"models/{path.name}: {problem}", file=sys.stderr)
            failed = True
    for path in sorted((MODELS / "labels").glob("*.json")):
        labels = json.loads(path.read_text())
        if len(set(labels)) != len(labels):
            print(f"models/labels/{path.name}: a name appears twice", file=sys.stderr)
            failed = True
    sys.exit(failed)


if __name__ == "__main__":
    main()
