"""Runs one program of the comparison, and says how long it took, how much memory, and who disturbed it."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass

from peers.machine import DISTURBED, busy_seconds, peak_megabytes, share_of_others, wait_until_quiet

SLOWING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # choose kernels for another processor than this one
TRIES = 3


class Failure(Exception):
    pass


@dataclass(frozen=True)
class Launch:
    wall: float
    memory: float  # peak resident, MB
    others: float | None  # share of the machine, of the measured runs where the program measures itself
    line: dict  # what it printed

    @property
    def rate(self):
        if "img_s" in self.line:
            return self.line["img_s"]
        # graft learn: seconds of each step, of which the first makes its buffers.
        steps = self.line["seconds"][1:]
        return self.line["images"] * len(steps) / sum(steps)

    @property
    def is_disturbed(self):
        return (self.others or 0) > DISTURBED


def environment(threads, cache):
    """The same for all: without what slows OpenBLAS, and without models or features of the user's."""
    kept = {name: value for name, value in os.environ.items() if name not in (*SLOWING, "GRAFT_MODELS")}
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        kept[name] = str(threads)
    return {**kept, "GRAFT_CACHE": str(cache), "PYTHONDONTWRITEBYTECODE": "1"}


def printed(text):
    """The JSON at the end of what a program printed, on one line or several; without any, nothing."""
    starts = [0] + [index + 1 for index, sign in enumerate(text) if sign == "\n"]
    for start in reversed(starts):
        if text.startswith("{", start):
            try:
                return json.loads(text[start:])
            except ValueError:
                continue
    return {}


def once(command, folder, variables):
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as complained:
        before, start = busy_seconds(), time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=variables, stdout=said, stderr=complained)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        own = usage.ru_utime + usage.ru_stime
        others = share_of_others(before, busy_seconds(), own, wall)
        said.seek(0)
        complained.seek(0)
        if process.returncode != 0:
            tail = complained.read().strip().splitlines()[-3:]
            raise Failure(f"{' '.join(command)[:200]}\n  exit {process.returncode}: " + "\n  ".join(tail))
        line = printed(said.read())
    return Launch(wall, peak_megabytes(usage), line.get("others", others), line)


def launch(command, folder, variables, waits, measures_itself):
    """Once on a quiet machine; a whole process that others disturbed again, the least disturbed counts."""
    best = None
    for _ in range(TRIES if waits and not measures_itself else 1):
        if waits:
            wait_until_quiet(60)
        found = once(command, folder, variables)
        if best is None or (found.others or 0) < (best.others or 0):
            best = found
        if not best.is_disturbed:
            break
    return best
