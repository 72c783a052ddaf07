"""CPU and peak memory of commands that are run in turns."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass

NULL = os.open(os.devnull, os.O_RDWR)
# Around what the other benches write into the page that benches/compare writes.
BATCHES_BEGIN, BATCHES_END = "<!-- benches/ansible-cost --write -->\n", "<!-- end of benches/ansible-cost -->\n"
FROZEN_BEGIN, FROZEN_END = "<!-- benches/frozen --write -->\n", "<!-- end of benches/frozen -->\n"
ROLLOUT_BEGIN, ROLLOUT_END = "<!-- benches/rollout --write -->\n", "<!-- end of benches/rollout -->\n"
CONTROLLER_BEGIN, CONTROLLER_END = "<!-- benches/controller --write -->\n", "<!-- end of benches/controller -->\n"


@dataclass
class Cost:
    """CPU seconds, user and system, the median of the rounds; peak memory in MiB, the largest process."""

    cpu: float
    memory: float

    def __str__(self) -> str:
        time = f"{self.cpu:.2f} s" if self.cpu >= 1 else f"{self.cpu * 1000:.1f} ms"
        return f"{time}, {self.memory:.0f} MiB"


def check_tools() -> None:
    """Ends with a message where a program is missing that measures or is measured."""
    for program, package in (("/usr/bin/time", "time"), ("jq", "jq")):
        if not shutil.which(program):
            sys.exit(f"{program} is missing: apt-get install {package}")


def between(page: str, begin: str, end: str) -> str:
    """What stands between the two lines, with them."""
    return begin + page.partition(begin)[2].partition(end)[0] + end


def replace_between(page: str, begin: str, end: str, text: str) -> str:
    """The page with another text between the two lines, which must be there."""
    if begin not in page or end not in page:
        sys.exit(f"the page has no line {begin.strip()}, or not its end")
    return page.replace(between(page, begin, end), begin + text + end)


def measure(commands: dict[str, list[str]], rounds: int, environment: dict[str, str]) -> dict[str, Cost]:
    """What each command costs; every round runs all of them, so that all see the same machine."""
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            runs[name].append(run(command, environment))
    floor = own_memory()
    costs = {}
    for name, command in commands.items():
        memory = max(memory for _, memory in runs[name])
        if memory < 2 * floor:
            memory = small_peak(command, environment)
        costs[name] = Cost(statistics.median(cpu for cpu, _ in runs[name]), memory)
    return costs


def run(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """CPU seconds and peak MiB of one run, its children included."""
    child = subprocess.Popen(command, stdin=NULL, stdout=NULL, env=environment)
    _, status, usage = os.wait4(child.pid, 0)
    # Else it looks as if it still ran.
    child.returncode = status
    if status:
        sys.exit(f"failed: {' '.join(map(str, command))}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def own_memory() -> float:
    """This process in MiB. A child starts as a copy of it, so no smaller peak is seen from here."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024


def small_peak(command: list[str], environment: dict[str, str]) -> float:
    """Peak MiB of one run, measured by a small process."""
    with tempfile.NamedTemporaryFile("r") as report:
        timed = ["/usr/bin/time", "-f", "%M", "-o", report.name, *command]
        subprocess.run(timed, stdin=NULL, stdout=NULL, env=environment, check=True)
        return int(report.read()) / 1024
