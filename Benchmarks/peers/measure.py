"""Times a call by the rules of `graft bench`, and prints one JSON line with its names.

A run is as many calls as fill half a second; the figure is the median over runs. Runs during which
other processes took more than 4 % of the machine are left out where three others remain; to get
those, it goes on for up to four times the seconds.
"""

import argparse
import json
import os
import resource
import statistics
import sys
import time

from machine import DISTURBED, busy_seconds, peak_megabytes, processors, share_of_others

RUN = 0.5
LONG = 1.2  # seconds of a call from which on the first call is all the warm-up, and three runs do


def flags(description, *names, **defaults):
    """The flags of a script: `names` are wanted, those with defaults are not."""
    parser = argparse.ArgumentParser(description=description)
    for name in names:
        parser.add_argument(f"--{name}", required=True)
    for name, value in {"threads": processors(), "seconds": 5.0, **defaults}.items():
        parser.add_argument(f"--{name}", type=type(value), default=value)
    given = parser.parse_args()
    # Read by the libraries when they are imported, so before that.
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(given.threads)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    return given


def own_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def timed(call, times=1):
    """Seconds, and the share of others meanwhile."""
    before, own, start = busy_seconds(), own_seconds(), time.perf_counter()
    for _ in range(times):
        call()
    elapsed = time.perf_counter() - start
    return elapsed, share_of_others(before, busy_seconds(), own_seconds() - own, elapsed)


def measure(call, images, seconds):
    """How many images a second: `call` does `images` of them."""
    call()
    once = timed(call)[0]
    if once < LONG:
        call()
        call()
        once = timed(call)[0]
    calls = max(1, round(RUN / max(once, 1e-6)))
    fewest = 3 if once > LONG else 5
    runs, begin = [], time.perf_counter()
    while True:
        elapsed, others = timed(call, calls)
        runs.append((images * calls / elapsed, others))
        spent = time.perf_counter() - begin
        clean = [rate for rate, others in runs if (others or 0) <= DISTURBED]
        enough = len(clean) >= fewest or spent > 4 * seconds
        if spent >= seconds and len(runs) >= fewest and enough:
            break
    kept = clean if len(clean) >= 3 else [rate for rate, _ in runs]
    shares = [others for _, others in runs if others is not None]
    return {
        "img_s": round(statistics.median(kept), 3), "min": round(min(kept), 3), "max": round(max(kept), 3),
        "runs": len(kept), "dropped": len(runs) - len(kept), "noisy": len(clean) < 3,
        "others": round(statistics.median(shares), 3) if shares else None,
    }


def report(given, measured, version):
    """Prints the line: flags, figures, version and peak memory."""
    peak = peak_megabytes(resource.getrusage(resource.RUSAGE_SELF))
    print(json.dumps({**vars(given), **measured, "version": version, "peak_rss_mb": round(peak, 1)}))
    sys.stdout.flush()
