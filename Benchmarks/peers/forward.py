"""Photos a second forward, random numbers in memory, in one engine.

usage: forward.py --engine NAME --network NAME --models FOLDER [--batch 1] [--threads N] [--seconds 5]
"""

from measure import flags, measure, report

given = flags(__doc__, "engine", "network", "models", batch=1)

import numpy as np

from engines import ENGINES

size = 299 if given.network == "inception_v3" else 224
x = np.random.default_rng(0).standard_normal((given.batch, 3, size, size), dtype=np.float32)
run, version = ENGINES[given.engine](given.network, given.models, given.threads, given.batch)
if given.engine == "tensorflow":
    import tensorflow

    x = tensorflow.constant(np.ascontiguousarray(x.transpose(0, 2, 3, 1)))
images = given.batch * getattr(run, "calls", 1)
report(given, measure(lambda: run(x), images, given.seconds), version)
