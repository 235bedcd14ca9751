"""PNG to 224x224 RGB, photos a second; the files of the first hundred photos are in memory.

usage: decode.py --engine pillow|opencv --photos FOLDER [--threads N] [--seconds 5]

Pillow's bilinear filter averages over what a pixel covers, OpenCV's samples: OpenCV does less.
"""

from measure import flags, measure, report

given = flags(__doc__, "engine", "photos")

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from photos import listed

SIDE = 224
files = [path.read_bytes() for path in listed(given.photos)[:100]]


def pillow(data):
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB").resize((SIDE, SIDE), Image.BILINEAR))


def opencv(data):
    import cv2

    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)


if given.engine == "opencv":
    import cv2

    cv2.setNumThreads(1)  # the photos are spread over the threads, not the rows of one
    one, version = opencv, cv2.__version__
else:
    import PIL

    one, version = pillow, PIL.__version__
pool = ThreadPoolExecutor(given.threads)
report(given, measure(lambda: list(pool.map(one, files)), len(files), given.seconds), version)
