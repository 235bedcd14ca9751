"""A whole program: photos to labels.csv, Pillow before and one engine behind it.

usage: classify.py --engine NAME --network NAME --models FOLDER --photos PLACE --output FILE
                   [--batch 8] [--threads N]
"""

from measure import flags

given = flags(__doc__, "engine", "network", "models", "photos", "output", batch=8)

import os

from engines import ENGINES
from photos import batches, listed

run, _ = ENGINES[given.engine](given.network, given.models, given.threads, None)
paths = listed(given.photos)
best = [row for x in batches(paths, given.batch, given.threads) for row in run(x).argmax(1)]
with open(given.output, "w") as file:
    file.writelines(f"{path},class{label:03d}\n" for path, label in zip(paths, best))
os._exit(0)  # taking the engine apart is not part of the job
