# SPDX-License-Identifier: MIT
"""What the hook for a load balancer is told before a wave and after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .run import Run


class Front(NamedTuple):
    """`done`: the last finished batch of each version; `in_progress`: the groups of the wave; `lost`: hosts to be kept out."""

    done: list[str]
    in_progress: list[str]
    lost: list[str]


def front(run: Run, finished: bool, left_in_batch: Sequence[str]) -> Front:
    """Returns what the front is told of the run's wave; `left_in_batch` are the hosts that Ansible still has in it."""
    plan, wave = run.plan, run.plan.waves[run.wave]
    earlier = [host for before in plan.waves[: run.wave] for host in before.hosts]
    # One that an earlier run has lost stays out until it is done.
    lost = [host for host in plan.lost if host not in run.done]
    lost += [host for host in earlier if host not in run.done and host not in lost]
    if finished:
        # Its hosts are not done yet, and those that are left come into service.
        here = {host for host in wave.hosts if host in left_in_batch and host not in run.left}
        lost = [host for host in lost if host not in here] + [host for host in wave.hosts if host not in here and host not in lost]
    return Front(_done(run, finished), [] if finished else [part.group for part in wave.parts], lost)


def _done(run: Run, finished: bool) -> list[str]:
    """Returns the last finished batch of each version.

    Forward those before the first that is still to come are finished; on the way back those before the last that was begun.
    """
    plan = run.plan
    back = plan.settings.back
    counted = [
        part
        for index, wave in enumerate(plan.waves)
        if (index <= run.wave if back else index >= run.wave + finished)
        for part in wave.parts
    ]
    done = []
    for version in plan.settings.versions:
        numbers = [part.number for part in counted if part.version == version]
        in_run = [part.number for part in plan.chosen if part.version == version]
        end = min(numbers) if numbers else max(in_run) + 1 if in_run else 0
        done += [batch.group for batch in plan.every if batch.version == version and batch.number < end][-1:]
    return done
