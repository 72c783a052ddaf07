# SPDX-License-Identifier: MIT
"""Which parts of the playbooks no batch needs from here on: a task that is skipped costs each batch, or each host, as much as one that runs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from .opening import Opening
from .policy import policies
from .run import Run


def needless(run: Run, variables_of: Callable[[str], Mapping[str, Any]]) -> set[str]:
    """Returns which of begin, approval, begun, version, work and bake are needless; the playbooks name these in `_rollout_only`.

    Asked before each wave.
    """
    plan = run.plan
    found = policies(plan.every, variables_of)
    to_come = [Opening(run, index, found) for index in range(run.wave + 1, len(plan.waves))]
    begins = run.wave < 0 and plan.hooks.usable("begin")
    asks = any(opening.asks() for opening in to_come)
    firsts = {part.version: part.hosts[0] for part in plan.chosen}
    needed = {
        "begin": begins,
        "approval": asks,
        "begun": begins or asks or plan.hooks.usable("gate"),
        "version": any(version_var(run, variables_of(host)) for host in firsts.values()),
        "work": not to_come or not to_come[0].wave.watched,
        "bake": any(opening.bake() for opening in to_come),
    }
    return {part for part, is_needed in needed.items() if not is_needed}


def needed_after_all(opened: Mapping[str, Any], without: Collection[str]) -> Iterator[str]:
    """Yields, as messages, what a batch needs of the playbook although it was taken out before."""
    needed = {"approval": opened["asks"], "version": opened["version_var"], "bake": opened["bake"]}
    for part, is_needed in needed.items():
        if is_needed and part in without:
            yield (
                f"the variables of the inventory have changed since the run began: nothing said then that a batch needs {part}; "
                "run the command again, which reads them again"
            )


def version_var(run: Run, variables: Mapping[str, Any]) -> str:
    """Returns the variable that is set to what each host is to run, empty for none; `variables` are those of a host."""
    return str(run.plan.settings.given.get("rollout_version_var", variables.get("regal_version_var")) or "")
