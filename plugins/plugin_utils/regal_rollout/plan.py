# SPDX-License-Identifier: MIT
"""The plan of a run: its batches and waves in their order, and all that can be wrong with it before any host is touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .batches import Batch, batches, patterns, plan_id, versions, within
from .hooks import Hooks
from .settings import Settings, truth


@dataclass(frozen=True)
class Wave:
    """What runs together: one batch, or the batches of one name in all versions."""

    name: str
    batch: str
    parts: tuple[Batch, ...]

    @property
    def hosts(self) -> list[str]:
        return [host for part in self.parts for host in part.hosts]


@dataclass(frozen=True)
class Plan:
    """`every` batch of the versions, those `chosen` for this run in the order they come in, and those that rollout_from leaves out.

    The latter two have the hosts that --limit leaves.
    """

    settings: Settings
    hooks: Hooks
    groups: Mapping[str, Sequence[str]]
    every: tuple[Batch, ...]
    chosen: tuple[Batch, ...]
    passed_over: tuple[Batch, ...]
    waves: tuple[Wave, ...]
    id: str
    limit: str
    problems: tuple[str, ...]

    @property
    def hosts(self) -> list[str]:
        return [host for batch in self.chosen for host in batch.hosts]

    @property
    def left_out(self) -> int:
        """How many hosts of the chosen batches --limit leaves out."""
        return sum(len(self.groups[batch.group]) - len(batch.hosts) for batch in self.chosen)

    def wave_of(self, host: str) -> int:
        return next(index for index, wave in enumerate(self.waves) if host in wave.hosts)


def make(settings: Settings, hooks: Hooks, groups: Mapping[str, Sequence[str]], hosts: Sequence[str], limit: str = "") -> Plan:
    """Returns the plan. `hosts` are those that --limit leaves of the inventory, `limit` is its text."""
    every = batches(groups, settings.versions)
    chosen = within(_chosen(settings, every), hosts)
    passed_over = within(_passed_over(settings, every), hosts)
    return Plan(
        settings=settings,
        hooks=hooks,
        groups=groups,
        every=tuple(every),
        chosen=tuple(chosen),
        passed_over=tuple(passed_over),
        waves=tuple(_waves(settings, chosen)),
        id=plan_id(every),
        limit=limit,
        problems=tuple(_problems(settings, hooks, groups, every, chosen, passed_over, limit)),
    )


def names(batches: Sequence[Batch]) -> list[str]:
    """Returns A, B1 … as far as a version has them."""
    return list(dict.fromkeys(batch.batch for batch in sorted(batches, key=lambda batch: batch.number)))


def listed(batches: Sequence[Batch]) -> str:
    return "; ".join(f"{batch.group}: {', '.join(batch.hosts)}" for batch in batches)


def _chosen(settings: Settings, every: Sequence[Batch]) -> list[Batch]:
    numbers = {batch.batch: batch.number for batch in every}
    oldest, newest = (settings.last, settings.first) if settings.back else (settings.first, settings.last)
    low, high = numbers.get(oldest, 0), numbers.get(newest, max(numbers.values(), default=0))
    chosen = [batch for batch in every if low <= batch.number <= high]
    if settings.back or settings.parallel:
        chosen.sort(key=lambda batch: batch.number, reverse=settings.back)
    return chosen


def _passed_over(settings: Settings, every: Sequence[Batch]) -> list[Batch]:
    """Returns what rollout_from leaves out: earlier batches, on the way back later ones."""
    at = next((batch.number for batch in every if batch.batch == settings.first), None)
    if at is None:
        return []
    return [batch for batch in every if (batch.number > at if settings.back else batch.number < at)]


def _waves(settings: Settings, chosen: Sequence[Batch]) -> list[Wave]:
    if not settings.parallel:
        return [Wave(batch.group, batch.batch, (batch,)) for batch in chosen]
    together: dict[str, list[Batch]] = {}
    for batch in chosen:
        together.setdefault(batch.batch, []).append(batch)
    return [Wave(f"wave {name}", name, tuple(parts)) for name, parts in together.items()]


def _problems(
    settings: Settings,
    hooks: Hooks,
    groups: Mapping[str, Sequence[str]],
    every: Sequence[Batch],
    chosen: Sequence[Batch],
    passed_over: Sequence[Batch],
    limit: str,
) -> list[str]:
    found = [
        *([] if groups.get("all") else ["the inventory has no hosts; see above whether it failed"]),
        *settings.problems,
        *_version_problems(settings, groups, every),
        *_range_problems(settings, every),
        *_resume_problems(settings, hooks, every, passed_over),
        *_approved_problems(settings, every),
        *hooks.problems(),
    ]
    return found or [*_host_problems(chosen, limit)]


def _version_problems(settings: Settings, groups: Mapping[str, Sequence[str]], every: Sequence[Batch]) -> Iterator[str]:
    there = ", ".join(versions(groups)) or "no version"
    if "rollout_version" not in settings.given:
        yield f"rollout_version is needed (-e rollout_version=NAME); the inventory has {there}"
    known = {batch.version for batch in every}
    for name in settings.versions:
        if name not in known:
            yield f"no version {name}; the inventory has {there}"


def _range_problems(settings: Settings, every: Sequence[Batch]) -> Iterator[str]:
    if not (settings.first or settings.last):
        return
    if len(settings.versions) > 1 and not settings.parallel:
        yield "rollout_from and rollout_to need a single version, or rollout_waves=parallel"
        return
    there = names(every)
    for name in (settings.first, settings.last):
        if name and there and name not in there:
            yield f"no batch {name}; there are {', '.join(there)}"
    if settings.first in there and settings.last in there and settings.first != settings.last:
        turned = there.index(settings.first) > there.index(settings.last)
        if turned != settings.back:
            yield f"rollout_from {settings.first} comes after rollout_to {settings.last}"


def _resume_problems(
    settings: Settings, hooks: Hooks, every: Sequence[Batch], passed_over: Sequence[Batch]
) -> Iterator[str]:
    given = settings.text("rollout_plan_id")
    if given and every and given != plan_id(every):
        knows = f", or, if you know that every host before {settings.first} is done, give rollout_earlier_done=true instead of rollout_plan_id"
        way = (
            "leave rollout_plan_id out, and let rollout_from be the last batch that has a host to go back"
            if settings.back
            else "leave rollout_plan_id and rollout_from out to start again (an installed.yml skips the hosts that are done)"
            + (knows if passed_over else "")
        )
        yield (
            f"the plan has changed: rollout_plan_id is {given}, the inventory gives {plan_id(every)}, so hosts may be in other"
            f" batches now. Look at the plan; then {way}"
        )
    known = given or hooks.has("installed") or truth(settings.given.get("rollout_earlier_done", ""))
    if not settings.back and passed_over and not known:
        yield (
            f"rollout_from={settings.first} skips {listed(passed_over)}; nothing says that these hosts are done. To resume, give"
            " rollout_plan_id too, as the stopped run printed it; or leave rollout_from out; or, if you know that they are done, give"
            " rollout_earlier_done=true"
        )


def _approved_problems(settings: Settings, every: Sequence[Batch]) -> Iterator[str]:
    there = names(every)
    known = {"all", *there, *(batch.group for batch in every)}
    for name in settings.approved:
        if every and name not in known:
            yield f"rollout_approved: no batch {name}; there are {', '.join(there)} and all"


def _host_problems(chosen: Sequence[Batch], limit: str) -> Iterator[str]:
    for group in patterns(chosen):
        yield f"the group {group!r} cannot be named in hosts:, where it would be a pattern; group_names: safe gives it another name"
    if not chosen:
        yield "no host is left" + (f" by --limit {limit}" if limit else " in these batches")
    seen: dict[str, str] = {}
    for batch in chosen:
        for host in batch.hosts:
            if host in seen:
                yield f"{host} is in {seen[host]} and in {batch.group}; roll out its versions one at a time"
            seen[host] = batch.group
