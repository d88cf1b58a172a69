"""What a process cost and what the simulator served, without asking the process itself."""

import collections
import datetime
import pathlib
import re
import shutil
import statistics
import subprocess
import time

from simlib import wait_for

MEGA = 1e6
CPUCLOCK_SCHED = 2


def cpu_seconds(pid):
    """CPU time of all threads of a process, those that ended included, to the nanosecond: getrusage of somebody else."""
    return time.clock_gettime((~pid << 3) | CPUCLOCK_SCHED)


def memory(pid):
    """Megabytes: the peak, what is resident now, and of that what is no file's."""
    fields = dict(re.findall(r"^(VmHWM|VmRSS|RssAnon):\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M))
    return {name: int(value) * 1024 / MEGA for name, value in fields.items()}


def wait_idle(pid, quiet=0.15, timeout=120):
    """Returns when the process used (next to) no CPU for a moment."""
    last = [cpu_seconds(pid), time.monotonic()]

    def idle():
        now = cpu_seconds(pid)
        if now - last[0] > 0.0005:
            last[:] = now, time.monotonic()
        return time.monotonic() - last[1] >= quiet

    wait_for(idle, timeout, what="an idle moment")


def at(call):
    return datetime.datetime.fromisoformat(call["at"].replace("Z", "+00:00")).timestamp()


def path(call):
    return call["path"].split("?")[0]


def ours(calls):
    return [c for c in calls if c["principal"] != "hand"]


def is_first_page(call):
    return call["method"] == "GET" and "page=" not in call["path"].split("?", 1)[-1]


def rounds(calls, region, collection="/20160918/routeTables"):
    """How many times what is listed every interval was listed, so far."""
    return sum(c["region"] == region and path(c) == collection and is_first_page(c) for c in calls)


class Callgrind:
    """A program under valgrind, which counts its instructions: the same on every machine, and many times slower."""

    def __init__(self, directory):
        self.out = pathlib.Path(directory) / "callgrind.out"
        self.wrapper = ("valgrind", "--tool=callgrind", f"--callgrind-out-file={self.out}")

    @staticmethod
    def is_there():
        return bool(shutil.which("valgrind"))

    @staticmethod
    def control(pid, *what):
        subprocess.run(["callgrind_control", *what, str(pid)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def zero(self, pid):
        self.control(pid, "--zero")

    def count(self, pid):
        """Instructions since the last zero()."""
        self.control(pid, "--dump")
        dumps = wait_for(lambda: sorted(self.out.parent.glob("callgrind.out.*")), 60, what="callgrind's figures")
        return wait_for(lambda: (lambda m: int(m[1]) if m else None)(re.search(r"^(?:totals|summary): (\d+)", dumps[-1].read_text(), re.M)),
                        60, what="their end")


def percentile(values, p):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * p / 100))]


def by_path(calls):
    """The calls' paths without ids, most frequent first: for a look at what costs."""
    return collections.Counter((c["method"], re.sub(r"ocid1[^/?&]*", "ID", path(c))) for c in calls).most_common()


def spread(values):
    return f"{min(values):.3g}–{max(values):.3g}" if len(values) > 1 else ""


def middle(values):
    return statistics.median(values)
