"""Draws 200 PNGs of 500x375 in two classes: slopes of colour, soft spots, texture, noise of a sensor.

usage: draw_photos.py FOLDER

They compress like photos (about 300 KB each), which decides how long decoding takes.
"""

import pathlib
import sys

import numpy as np
from PIL import Image, ImageFilter

WIDTH, HEIGHT, EACH = 500, 375, 100
CLASSES = {"cold": [0.6, 0.9, 1.2], "warm": [1.2, 0.9, 0.6]}


def photo(random, tint):
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    slopes = [60 + 120 * x / WIDTH * random.random() + 90 * y / HEIGHT * random.random() for _ in range(3)]
    image = np.stack(slopes, axis=-1)
    for _ in range(12):
        cx, cy, radius = random.random() * WIDTH, random.random() * HEIGHT, 15 + 80 * random.random()
        spot = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * radius**2))
        image += spot[..., None] * random.normal(0, 70, 3)
    grain = random.integers(0, 255, (HEIGHT // 2, WIDTH // 2), dtype=np.uint8)
    grain = Image.fromarray(grain).resize((WIDTH, HEIGHT), Image.BICUBIC)
    texture = np.asarray(grain.filter(ImageFilter.GaussianBlur(1.2)), np.float32) - 127
    image = image * tint + 0.35 * texture[..., None] + random.normal(0, 2.2, image.shape)
    return Image.fromarray(image.clip(0, 255).astype(np.uint8))


for index, (name, tint) in enumerate(CLASSES.items()):
    folder = pathlib.Path(sys.argv[1]) / name
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(EACH):
        path = folder / f"{number:03d}.png"
        if not path.exists():
            photo(np.random.default_rng([index, number]), np.float32(tint)).save(path)
