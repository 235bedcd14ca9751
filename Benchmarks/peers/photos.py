"""Photos to arrays, as the Python programs of the comparison do it: Pillow, in threads ahead of the network."""

import pathlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

MEAN = np.array([0.485, 0.456, 0.406], np.float32)
DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)


def listed(place):
    """A photo, or all PNGs below a folder, in order."""
    place = pathlib.Path(place)
    return [place] if place.is_file() else sorted(place.rglob("*.png"))


def read(path, side=224):
    image = Image.open(path).convert("RGB").resize((side, side), Image.BILINEAR)
    return ((np.asarray(image, np.float32) / 255 - MEAN) / DEVIATION).transpose(2, 0, 1)


def batches(paths, size, threads):
    """Arrays [N, 3, H, W]; the next one is decoded while the last one is used."""
    parts = [paths[i : i + size] for i in range(0, len(paths), size)]
    with ThreadPoolExecutor(threads) as pool:
        coming = [pool.submit(read, path) for path in parts[0]]
        for index in range(len(parts)):
            ready = np.stack([photo.result() for photo in coming])
            if index + 1 < len(parts):
                coming = [pool.submit(read, path) for path in parts[index + 1]]
            yield ready
