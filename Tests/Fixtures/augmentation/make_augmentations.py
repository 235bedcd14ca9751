"""Draws source.png and records what other programs make of it with given parameters.

    python3 make_augmentations.py        with Pillow, numpy, torch, torchvision

NAME.png  what AugmentationReferenceTests.swift compares with. By Pillow and torchvision, as below,
          but for hue-exact-*.png (Python's colorsys in double precision) and elastic.png (numpy in
          double precision).
"""

import colorsys
import math
import pathlib

import numpy
from PIL import Image
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as F

HERE = pathlib.Path(__file__).parent
GREY = [128, 128, 128]
BILINEAR = InterpolationMode.BILINEAR


def drawn(width, height):
    """Smooth slopes with some noise, different in each channel, no channel over all levels."""
    noise = numpy.random.RandomState(3).rand(height, width, 3) * 0.25
    y, x, c = numpy.mgrid[0:height, 0:width, 0:3]
    wave = 0.4 + 0.3 * numpy.sin(x / 6 + c) * numpy.cos(y / 5 - c)
    return Image.fromarray(((wave + noise) * 240).astype(numpy.uint8))


def affine(image, translate=(0, 0), shear=(0, 0)):
    """As torchvision's RandAugment calls it: sheared about the corner, moved about the middle."""
    center = [0, 0] if any(shear) else None
    degrees = [math.degrees(math.atan(s)) for s in shear]
    return F.affine(image, angle=0, translate=list(translate), scale=1, shear=degrees,
                    interpolation=BILINEAR, fill=GREY, center=center)


def exact_hue(image, turns):
    pixels = numpy.asarray(image).astype(float) / 255
    out = numpy.empty_like(pixels)
    for place in numpy.ndindex(pixels.shape[:2]):
        h, s, v = colorsys.rgb_to_hsv(*pixels[place])
        out[place] = colorsys.hsv_to_rgb((h + turns) % 1, s, v)
    return Image.fromarray(numpy.floor(out * 255 + 0.5).astype(numpy.uint8))


def elastic(image):
    """Distances as in the test: 3 sin(y / 4 + x / 9) across, 2.5 cos(x / 5) down; edges repeated."""
    pixels = numpy.asarray(image).astype(float)
    height, width = pixels.shape[:2]
    y, x = numpy.mgrid[0:height, 0:width].astype(float)
    sx, sy = x + 3 * numpy.sin(y / 4 + x / 9), y + 2.5 * numpy.cos(x / 5)
    x0, y0 = numpy.floor(sx).astype(int), numpy.floor(sy).astype(int)
    fx, fy = (sx - x0)[..., None], (sy - y0)[..., None]

    def at(row, column):
        return pixels[numpy.clip(row, 0, height - 1), numpy.clip(column, 0, width - 1)]

    upper = at(y0, x0) * (1 - fx) + at(y0, x0 + 1) * fx
    lower = at(y0 + 1, x0) * (1 - fx) + at(y0 + 1, x0 + 1) * fx
    return Image.fromarray(numpy.floor(upper * (1 - fy) + lower * fy + 0.5).astype(numpy.uint8))


def mirrored(image, angle):
    """Turned within a copy that is surrounded by its mirror images, then cut out."""
    width, height = image.size
    padded = numpy.pad(numpy.asarray(image), ((height, height), (width, width), (0, 0)), "symmetric")
    turned = Image.fromarray(padded).rotate(angle, Image.Resampling.BILINEAR)
    return turned.crop((width, height, 2 * width, 2 * height))


def erased(image, left, top, width, height):
    copy = image.copy()
    copy.paste((0, 0, 0), (left, top, left + width, top + height))
    return copy


def padded_crop(image, x, y):
    """torchvision's RandomCrop(size, padding=4): the window at (4 - x, 4 - y) of the padded photo."""
    width, height = image.size
    return F.crop(F.pad(image, 4, fill=128), 4 - y, 4 - x, height, width)


def main():
    source = drawn(48, 32)
    source.save(HERE / "source.png")
    results = {
        "flip": F.hflip(source),
        "vflip": F.vflip(source),
        "rotate-20": F.rotate(source, 20, BILINEAR, fill=GREY),
        "rotate-minus-75": F.rotate(source, -75, BILINEAR, fill=GREY),
        "rotate-mirror-33": mirrored(source, 33),
        "shear-x": affine(source, shear=(0.3, 0)),
        "shear-x-minus": affine(source, shear=(-0.21, 0)),
        "shear-y": affine(source, shear=(0, 0.25)),
        "translate-x": affine(source, translate=(7, 0)),
        "translate-y": affine(source, translate=(0, -5)),
        "brightness-0.6": F.adjust_brightness(source, 0.6),
        "brightness-1.7": F.adjust_brightness(source, 1.7),
        "contrast-0.4": F.adjust_contrast(source, 0.4),
        "contrast-1.8": F.adjust_contrast(source, 1.8),
        "saturation-0.3": F.adjust_saturation(source, 0.3),
        "saturation-1.9": F.adjust_saturation(source, 1.9),
        "hue-0.2": F.adjust_hue(source, 0.2),
        "hue-minus-0.4": F.adjust_hue(source, -0.4),
        "hue-exact-0.2": exact_hue(source, 0.2),
        "hue-exact-minus-0.4": exact_hue(source, -0.4),
        "sharpness-0": F.adjust_sharpness(source, 0),
        "sharpness-0.3": F.adjust_sharpness(source, 0.3),
        "sharpness-1.9": F.adjust_sharpness(source, 1.9),
        "posterize-2": F.posterize(source, 2),
        "posterize-4": F.posterize(source, 4),
        "solarize-100": F.solarize(source, 100),
        "solarize-178.5": F.solarize(source, 178.5),
        "autocontrast": F.autocontrast(source),
        "equalize": F.equalize(source),
        "crop": F.resized_crop(source, 5, 9, 20, 31, [24, 24]),
        "crop-enlarged": F.resized_crop(source, 11, 30, 8, 7, [24, 24]),
        "erase": erased(source, 12, 6, 15, 21),
        "pad-crop": padded_crop(source, 3, -2),
        "elastic": elastic(source),
    }
    for name, image in results.items():
        image.save(HERE / f"{name}.png")


main()
