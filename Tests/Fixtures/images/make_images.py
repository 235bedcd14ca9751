"""Draws the small images in this folder and records what Pillow and torchvision make of them.

    python3 make_images.py        with Pillow, numpy, torch, torchvision

types/    one file of each PNG type and JPEG kind, and NAME.rgb: width and height as two
          little-endian 32-bit numbers, then the pixels of Pillow's convert("RGB"), turned by
          ImageOps.exif_transpose
resize/   source-WxH.png and WxH-to-W2xH2.rgb: Pillow's resize((W2, H2), BILINEAR);
          photo-WxH.png and crop-WxH-R-C.rgb: torchvision's Resize(R) and CenterCrop(C)
"""

import io
import pathlib
import struct
import zlib

import numpy
from PIL import Image, ImageOps
from torchvision.transforms import CenterCrop, Compose, Resize

HERE = pathlib.Path(__file__).parent


def save_rgb(path, image):
    image = image.convert("RGB")
    path.write_bytes(struct.pack("<II", *image.size) + image.tobytes())


def drawn(width, height, channels, seed=1, maximum=255):
    """Smooth slopes with some noise, different in each channel."""
    noise = numpy.random.RandomState(seed).rand(height, width, channels) * 0.3
    y, x, c = numpy.mgrid[0:height, 0:width, 0:channels]
    wave = 0.35 + 0.35 * numpy.sin(x / 5 + c) * numpy.cos(y / 4 - c)
    return ((wave + noise) * maximum).astype(numpy.uint16)


def chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def png(width, height, depth, color, rows, extra=b"", interlace=0):
    """A PNG written by hand: rows of packed bytes, filter 0."""
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlace)
    data = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", data)
        + chunk(b"IEND", b"")
    )


def packed(samples, depth):
    """Rows of samples as PNG packs them."""
    if depth == 16:
        return [row.astype(">u2").tobytes() for row in samples.reshape(len(samples), -1)]
    if depth == 8:
        return [row.astype(numpy.uint8).tobytes() for row in samples.reshape(len(samples), -1)]
    rows = []
    for row in samples.reshape(len(samples), -1):
        bits = "".join(format(int(v), f"0{depth}b") for v in row)
        bits += "0" * (-len(bits) % 8)
        rows.append(bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)))
    return rows


def interlaced(samples, depth):
    """The rows of Adam7's seven passes."""
    rows = []
    for y, x, dy, dx in [
        (0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2),
        (1, 0, 2, 1),
    ]:
        part = samples[y::dy, x::dx]
        if part.size:
            rows += packed(part, depth)
    return rows


def make_types():
    folder = HERE / "types"
    folder.mkdir(exist_ok=True)
    files = {}
    width, height = 13, 9
    palette = bytes((37 * i + 11 * c) % 256 for i in range(256) for c in range(3))
    for color, channels, name, depths in [
        (0, 1, "grey", (1, 2, 4, 8, 16)),
        (2, 3, "rgb", (8, 16)),
        (3, 1, "palette", (1, 2, 4, 8)),
        (4, 2, "grey-alpha", (8, 16)),
        (6, 4, "rgba", (8, 16)),
    ]:
        for depth in depths:
            samples = drawn(width, height, channels, depth, 2**depth - 1)
            extra = chunk(b"PLTE", palette[: 3 * 2**depth]) if color == 3 else b""
            for passes in (0, 1):
                rows = interlaced(samples, depth) if passes else packed(samples, depth)
                title = f"{name}{depth}" + ("-interlaced" if passes else "")
                files[title + ".png"] = png(width, height, depth, color, rows, extra, passes)
    grey = drawn(width, height, 1, 5)
    color = drawn(width, height, 3, 6)
    files["grey8-trns.png"] = png(
        width, height, 8, 0, packed(grey, 8), chunk(b"tRNS", struct.pack(">H", int(grey[3, 3, 0]))))
    files["rgb8-trns.png"] = png(
        width, height, 8, 2, packed(color, 8),
        chunk(b"tRNS", struct.pack(">HHH", *map(int, color[3, 3]))))
    files["palette8-trns.png"] = png(
        width, height, 8, 3, packed(grey, 8),
        chunk(b"PLTE", palette) + chunk(b"tRNS", bytes(range(0, 256, 2))))
    files["palette8-short.png"] = png(
        width, height, 8, 3, packed(grey, 8), chunk(b"PLTE", palette[:60]))
    files["gamma.png"] = png(
        width, height, 8, 2, packed(color, 8), chunk(b"gAMA", struct.pack(">I", 100000)))
    files["one-pixel.png"] = png(1, 1, 8, 2, [b"\x0a\x80\xf0"])
    files["one-pixel-interlaced.png"] = png(1, 1, 1, 0, [b"\x80"], interlace=1)

    photo = Image.fromarray(drawn(37, 26, 3, 7).astype(numpy.uint8))

    def jpeg(image, **options):
        out = io.BytesIO()
        image.save(out, "JPEG", quality=90, **options)
        return out.getvalue()

    files["rgb.jpg"] = jpeg(photo)
    files["rgb-444.jpg"] = jpeg(photo, subsampling=0)
    files["progressive.jpg"] = jpeg(photo, progressive=True)
    files["restart.jpg"] = jpeg(photo, restart_marker_blocks=2)
    files["grey.jpg"] = jpeg(photo.convert("L"))
    files["cmyk.jpg"] = jpeg(Image.fromarray(drawn(37, 26, 4, 8).astype(numpy.uint8), "CMYK"))
    # The same data declared YCCK by its Adobe segment.
    ycck = bytearray(files["cmyk.jpg"])
    ycck[ycck.index(b"Adobe") + 11] = 2
    files["ycck.jpg"] = bytes(ycck)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        files[f"exif{orientation}.jpg"] = jpeg(photo, exif=exif)

    for name, data in files.items():
        (folder / name).write_bytes(data)
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
        save_rgb(folder / (name + ".rgb"), image)


def make_resizes():
    folder = HERE / "resize"
    folder.mkdir(exist_ok=True)
    for (w, h), targets in {
        (50, 37): [(24, 18), (50, 20), (7, 37), (64, 80), (1, 1), (49, 36), (13, 90)],
        (1, 1): [(5, 3)],
        (3, 100): [(2, 9)],
        (97, 2): [(10, 2)],
    }.items():
        image = Image.fromarray(drawn(w, h, 3, w).astype(numpy.uint8))
        image.save(folder / f"source-{w}x{h}.png")
        for target in targets:
            resized = image.resize(target, Image.Resampling.BILINEAR)
            save_rgb(folder / f"{w}x{h}-to-{target[0]}x{target[1]}.rgb", resized)
    for (w, h) in [(50, 37), (37, 50), (33, 33), (70, 31), (20, 18)]:
        image = Image.fromarray(drawn(w, h, 3, w + h).astype(numpy.uint8))
        image.save(folder / f"photo-{w}x{h}.png")
        for resize, crop in [(32, 28), (24, 23), (19, 19)]:
            transform = Compose([Resize(resize), CenterCrop(crop)])
            save_rgb(folder / f"crop-{w}x{h}-{resize}-{crop}.rgb", transform(image))


make_types()
make_resizes()
