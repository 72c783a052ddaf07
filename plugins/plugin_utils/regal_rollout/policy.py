# SPDX-License-Identifier: MIT
"""What the inventory says of a version beside its groups: how long to bake, when to ask, what may be lost."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .batches import BATCH_GROUP, Batch, spellings
from .settings import asks_after_canary, asks_after_stage, asks_always

Variables = Mapping[str, Any]


@dataclass(frozen=True)
class Stage:
    """A stage of a version: some of its batches, which have rules of their own. `first` is the number of its canary, `end` that after its last."""

    name: str
    first: int
    end: int
    approval: str
    max_failed: int
    bake: int
    canary_bake: int


@dataclass(frozen=True)
class Policy:
    """The policy of a version, all defaults where the inventory has none. Bakes are in seconds. Batches are given by their number from 0."""

    version: str = ""
    approval: str = "never"
    max_failed: int = 0
    bake: int = 0
    canary_bake: int = 0
    notes: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()
    # The groups of the versions that it comes after.
    after: tuple[str, ...] = ()
    # The keys that hold only on a frozen plan.
    only_frozen: tuple[str, ...] = ()

    def stage_of(self, number: int) -> Stage:
        """Returns the stage of a batch; without stages one that all batches are in."""
        whole = Stage("", 0, sys.maxsize, self.approval, self.max_failed, self.bake, self.canary_bake)
        return next((stage for stage in self.stages if stage.first <= number < stage.end), whole)

    def bake_of(self, number: int) -> int:
        stage = self.stage_of(number)
        return stage.canary_bake if number == stage.first else stage.bake

    def asks_after(self, number: int, following: Callable[[], int | None], given: str | None = None) -> bool:
        """Whether to ask after a batch; `following` says which comes next, and `given` is rollout_approval, which holds for every stage."""
        stage = self.stage_of(number)
        approval = stage.approval if given is None else given
        if asks_after_canary(approval):
            return number == stage.first
        if not asks_after_stage(approval):
            return asks_always(approval)
        later = following()
        return later is not None and later >= stage.end


def policies(every: Sequence[Batch], variables_of: Callable[[str], Variables]) -> dict[str, Policy]:
    """Returns the policy of each version, read from the variables of the first host that a batch of it has."""
    firsts: dict[str, tuple[str, str]] = {}
    for batch in every:
        if batch.hosts:
            firsts.setdefault(batch.version, (batch.hosts[0], stem_of(batch.group)))
    return {version: _policy(stem, variables_of(host)) for version, (host, stem) in firsts.items()}


def comes_after(every: Sequence[Batch], found: Mapping[str, Policy]) -> dict[str, list[str]]:
    """Returns the versions of the run that each of them comes after."""
    stems = {batch.version: stem_of(batch.group) for batch in every}

    def named(version: str) -> set[str]:
        return {spelling for group in found.get(version, Policy()).after for spelling in spellings(group)}

    return {version: [other for other in stems if other != version and stems[other] in named(version)] for version in stems}


def levels(after: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Returns for each version how many others come before it in each wave, one behind the other."""
    found = dict.fromkeys(after, 0)
    for _ in after:
        found = {version: max((found[other] + 1 for other in after[version]), default=0) for version in after}
    return found


def target(batch: Batch, policy: Policy, variables: Variables) -> str:
    """Returns what is to be installed on a batch; `variables` are those of a host of it.

    `regal_version` of a host that is in two versions may be the other one's: it counts only where the group is named after it.
    """
    if policy.version:
        return policy.version
    given = _text(variables.get("regal_version"))
    stem = re.sub(r"[^A-Za-z0-9_]", "_", stem_of(batch.group))
    return given if given and stem.endswith(re.sub(r"[^A-Za-z0-9_]", "_", given)) else batch.version


def stem_of(group: str) -> str:
    match = BATCH_GROUP.fullmatch(group)
    return match["stem"] if match else group


def _policy(stem: str, variables: Variables) -> Policy:
    """Returns the policy in `regal_policy_VERSION`, with `_` for every mark in the name of the version's group.

    A host in several versions has the policy of each; its `regal_notes` may be those of another.
    """
    wanted = "regal_policy_" + re.sub(r"[^A-Za-z0-9]", "_", stem)
    # Ansible may have cleaned the group's name since, a leading digit too.
    cleaned = (name for name in variables if re.sub(r"^(regal_policy_)[0-9]", r"\1_", name) == wanted)
    name = wanted if wanted in variables else next(cleaned, "")
    given = variables.get(name)
    given = given if isinstance(given, Mapping) else {}
    version = _text(given.get("version"))
    of_this = _letters(_text(variables.get("regal_version"))) == _letters(version or stem)
    notes = variables.get("regal_notes") if of_this else None
    bake = int(given.get("bake_seconds") or 0)
    canary_bake = given.get("canary_bake_seconds")
    return Policy(
        version=version,
        approval=_text(given.get("approval")) or "never",
        max_failed=int(given.get("max_failures") or 0),
        bake=bake,
        canary_bake=bake if canary_bake is None else int(canary_bake),
        notes=_texts(notes),
        stages=tuple(_stages(given.get("stages"))),
        after=_texts(given.get("after")),
        only_frozen=_texts(given.get("only_frozen")),
    )


def _stages(given: object) -> Iterator[Stage]:
    """Returns the stages in their order; each has as many batches as it says, from where the one before ends."""
    first = 0
    for stage in given if isinstance(given, Sequence) and not isinstance(given, str) else ():
        end = first + int(stage["batches"])
        yield Stage(
            name=_text(stage["stage"]),
            first=first,
            end=end,
            approval=_text(stage["approval"]),
            max_failed=int(stage["max_failures"]),
            bake=int(stage["bake_seconds"]),
            canary_bake=int(stage["canary_bake_seconds"]),
        )
        first = end


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else ()


def _text(value: object) -> str:
    return "" if value is None or value is False else str(value)


def _letters(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", text)
