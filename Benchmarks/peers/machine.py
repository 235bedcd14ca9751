"""What else the machine does meanwhile. Standard library only; knows Linux's /proc/stat, elsewhere nothing."""

import os
import sys
import time

DISTURBED = 0.04  # the share of the machine that others may take of a run that counts
QUIET = 0.06  # the share below which a measurement begins


def processors():
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def busy_seconds(niced=True):
    """Processor seconds that all processes have used since the machine started; None where unknown."""
    try:
        with open("/proc/stat") as file:
            user, nice, system, _, _, interrupt, soft, *rest = map(int, file.readline().split()[1:])
    except OSError:
        return None
    stolen = rest[0] if rest else 0  # by the hypervisor, for other guests
    ticks = user + system + interrupt + soft + stolen + (nice if niced else 0)
    return ticks / os.sysconf("SC_CLK_TCK")


def share_of_others(before, after, own, elapsed):
    """Of the whole machine, between two readings of busy_seconds; None where unknown."""
    if before is None or after is None or elapsed <= 0:
        return None
    return max(0.0, (after - before - own) / (elapsed * os.cpu_count()))


def wait_until_quiet(limit):
    """Waits, at most `limit` seconds, for one second in which others take next to nothing.

    Niced processes are not waited for: they yield, and what they still take is counted in each run.
    """
    end, quiet = time.time() + limit, 0
    while time.time() < end and quiet < 2:
        before, own, start = busy_seconds(niced=False), time.process_time(), time.time()
        time.sleep(0.5)
        share = share_of_others(
            before, busy_seconds(niced=False), time.process_time() - own, time.time() - start)
        if share is None:
            return
        quiet = quiet + 1 if share < QUIET else 0


def peak_megabytes(usage):
    """Peak resident memory of resource.getrusage or os.wait4, in units of 2^20 bytes."""
    return usage.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
