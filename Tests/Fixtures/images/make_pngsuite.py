"""Records what Pillow reads from PngSuite: name, width, height and the SHA-256 of the RGB pixels.

    python3 make_pngsuite.py FOLDER/pngsuite/standard > pngsuite.txt
"""

import hashlib
import pathlib
import sys
import warnings

from PIL import Image

warnings.simplefilter("ignore")
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.png")):
    image = Image.open(path).convert("RGB")
    print(path.name, *image.size, hashlib.sha256(image.tobytes()).hexdigest())
