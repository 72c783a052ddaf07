# SPDX-License-Identifier: MIT
"""The plan of a run: its batches and waves in their order, and all that can be wrong with it before any host is touched."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from itertools import pairwise

from .batches import Batch, batches, is_pattern, patterns, plan_id, versions, within
from .hooks import Hooks
from .policy import Variables, comes_after, levels, policies, stem_of
from .settings import Settings, truth
from .standing import DONE, Standing
from .texts import first_hosts


@dataclass(frozen=True)
class Wave:
    """What runs together: one batch, or the batches of one name in all versions; of those that come after others, in a wave behind theirs."""

    name: str
    batch: str
    parts: tuple[Batch, ...]
    # Whether its hosts are done, and it is only to be watched, since an earlier run ended meanwhile.
    watched: bool = False

    @property
    def hosts(self) -> list[str]:
        return [host for part in self.parts for host in part.hosts]


@dataclass(frozen=True)
class Steps:
    """The order in which batches of one name come: those of versions that come after others behind theirs.

    `divided` are the batches, by number, that do not all run together.
    """

    after: Mapping[str, Sequence[str]] = field(default_factory=dict)
    levels: Mapping[str, int] = field(default_factory=dict)
    divided: frozenset[int] = frozenset()

    def place(self, batch: Batch) -> tuple[int, int]:
        return batch.number, self.levels.get(batch.version, 0)

    @classmethod
    def of(cls, every: Sequence[Batch], variables_of: Callable[[str], Variables]) -> Steps:
        after = comes_after(every, policies(every, variables_of))
        found = levels(after)
        together: dict[int, set[int]] = {}
        for batch in every:
            together.setdefault(batch.number, set()).add(found[batch.version])
        return cls(after, found, frozenset(number for number, of in together.items() if len(of) > 1))


@dataclass(frozen=True)
class Plan:
    """`every` batch of the versions, those `chosen` for this run in the order they come in, and those that rollout_from leaves out.

    The latter two have the hosts that --limit leaves. Of a frozen plan, `standing` says how far its rollout is: `chosen` are without the
    hosts that are through, `earlier` has the wave of the plan before each of them, where there is one, and `reaches_end` says whether the last batch of all is among
    them. `to_watch` are the batches whose hosts that are done are only to be watched; hosts of them that are not done come after that.
    `steps` says which wave a batch is in.
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
    left_out: int
    problems: tuple[str, ...]
    standing: Standing | None = None
    earlier: Mapping[str, Wave] = field(default_factory=dict)
    reaches_end: bool = True
    to_watch: frozenset[str] = frozenset()
    steps: Steps = field(default_factory=Steps)

    @property
    def by_batch(self) -> bool:
        """Whether the name of a batch says which wave it is in."""
        return len(self.settings.versions) == 1 or (self.settings.parallel and not self.steps.divided)

    @property
    def hosts(self) -> list[str]:
        return [host for batch in self.chosen for host in batch.hosts]

    @property
    def over(self) -> bool:
        """Whether the record says that there is nothing left to do, which is no problem."""
        return self.standing is not None and not self.chosen and not self.problems

    def through(self, group: str) -> frozenset[str]:
        """Returns the hosts of a batch that an earlier run is through with."""
        return _through(self.settings.back, group, self.standing) if self.standing and group not in self.to_watch else frozenset()

    def has_begun(self, group: str) -> bool:
        """Whether an earlier run is through with hosts of a batch, which its begin must not forget."""
        return bool(self.through(group)) or group in self.to_watch

    @property
    def lost(self) -> list[str]:
        """The hosts that an earlier run has lost, in the order of the plan."""
        lost = self.standing.lost if self.standing else {}
        return [host for batch in self.every for host in batch.hosts if host in lost.get(batch.group, ())]

    @property
    def patterns(self) -> list[str]:
        """What `hosts:` has to be: the groups, and the hosts of them that are through."""
        through = [host for batch in self.chosen for host in self.groups[batch.group] if host in self.through(batch.group)]
        together = frozenset(self.groups.get(DONE, ())) if not self.settings.back and not self.to_watch else frozenset()
        apart = [f"!{host}" for host in through if host not in together]
        # Hosts that are watched before the rest of their batch begins come first by their names.
        twice = [wave for wave in self.waves if wave.watched and not self.has_whole(wave)]
        first = {host for wave in twice for host in wave.hosts}
        groups = [name for batch in self.chosen for name in (batch.hosts if first.issuperset(batch.hosts) else [batch.group])]
        return [*groups, *([f"!{DONE}"] if len(apart) < len(through) else []), *apart]

    def has_whole(self, wave: Wave) -> bool:
        """Whether no other wave has hosts of its batches."""
        groups = [part.group for part in wave.parts]
        return all(other is wave or part.group not in groups for other in self.waves for part in other.parts)

    def wave_of(self, host: str) -> int:
        return next(index for index, wave in enumerate(self.waves) if host in wave.hosts)


def make(
    settings: Settings,
    hooks: Hooks,
    groups: Mapping[str, Sequence[str]],
    hosts: Sequence[str],
    limit: str = "",
    standing: Standing | None = None,
    variables_of: Callable[[str], Variables] | None = None,
) -> Plan:
    """Returns the plan. `hosts` are those that --limit leaves of the inventory, `limit` is its text."""
    every = batches(groups, settings.versions)
    steps = Steps.of(every, variables_of) if variables_of and len(settings.versions) > 1 else Steps()
    wanted, to_watch = _chosen(settings, every, steps), frozenset[str]()
    if standing:
        if truth(settings.text("rollout_retry_lost")):
            standing = replace(standing, finished=frozenset(batch.group for batch in every if _has_all(standing, batch)))
        to_watch = _to_watch(settings, wanted, standing, steps)
        wanted = _still_to_do(settings.back, wanted, standing, to_watch)
    waves = _waves(settings, within(wanted, hosts), steps, standing if to_watch else None, to_watch)
    chosen = [part for wave in waves for part in wave.parts]
    passed_over = within(_passed_over(settings, every), hosts)
    problems = [*_problems(settings, hooks, groups, every, passed_over, standing), *_order_problems(settings, steps)]
    # Where the record says that all is done, no host is left, and nothing is wrong.
    if not problems and (wanted or not standing):
        problems = [*_host_problems(chosen, limit)]
    plan = Plan(
        settings=settings,
        hooks=hooks,
        groups=groups,
        every=tuple(every),
        chosen=tuple(chosen),
        passed_over=tuple(passed_over),
        waves=tuple(waves),
        id=standing.id if standing and standing.id else plan_id(every),
        limit=limit,
        left_out=sum(len(batch.hosts) for batch in wanted if batch.group in {part.group for part in chosen})
        - sum(len(batch.hosts) for batch in chosen),
        problems=tuple(problems),
        standing=standing,
        earlier=_earlier(settings, every, steps) if standing else {},
        reaches_end=not standing or _reaches_end(settings, every, chosen, steps),
        to_watch=to_watch,
        steps=steps,
    )
    return plan if problems else replace(plan, problems=tuple(_apart_problems(plan)))


def names(batches: Sequence[Batch]) -> list[str]:
    """Returns A, B1 … as far as a version has them."""
    return list(dict.fromkeys(batch.batch for batch in sorted(batches, key=lambda batch: batch.number)))


def listed(batches: Sequence[Batch]) -> str:
    return "; ".join(f"{batch.group}: {', '.join(batch.hosts)}" for batch in batches)


def _chosen(settings: Settings, every: Sequence[Batch], steps: Steps) -> list[Batch]:
    numbers = {batch.batch: batch.number for batch in every}
    oldest, newest = (settings.last, settings.first) if settings.back else (settings.first, settings.last)
    low, high = numbers.get(oldest, 0), numbers.get(newest, max(numbers.values(), default=0))
    chosen = [batch for batch in every if low <= batch.number <= high]
    if settings.back or settings.parallel:
        chosen.sort(key=steps.place, reverse=settings.back)
    return chosen


def _to_watch(settings: Settings, wanted: Sequence[Batch], standing: Standing, steps: Steps) -> frozenset[str]:
    """Returns the batches whose hosts are done, and which an earlier run did not watch to the end."""
    if settings.back:
        return frozenset()
    now = datetime.now(timezone.utc)
    unfinished = [batch for batch in wanted if batch.group not in standing.finished]
    open_ = {batch.group for batch in unfinished if _has_all(standing, batch)}
    # Others of it are lost, and those that are done may not have been watched to the end.
    open_ |= {batch.group for batch in unfinished if batch.group in standing.watched and standing.done.get(batch.group)}
    # Of those that count as done, such as by `regal-inventory run`, the last: whoever began another one had watched it.
    begun = [wave for wave in _all_waves(settings, wanted, steps) if any(part.group in standing.done for part in wave.parts)]
    unseen = {part.group for wave in begun[-1:] for part in wave.parts if standing.unseen(part.group, now)}
    return frozenset(open_ | unseen)


def _has_all(standing: Standing, batch: Batch) -> bool:
    return bool(batch.hosts) and standing.done.get(batch.group, frozenset()).issuperset(batch.hosts)


def _still_to_do(back: bool, wanted: Sequence[Batch], standing: Standing, to_watch: Collection[str]) -> list[Batch]:
    """Returns the batches without the hosts that are through; on the way back those that were begun, the last begun first."""
    if back:
        wanted = sorted((batch for batch in wanted if batch.group in standing.to_go_back), key=lambda batch: standing.to_go_back.index(batch.group))

    def left(batch: Batch) -> Batch:
        through = frozenset() if batch.group in to_watch else _through(back, batch.group, standing)
        return batch._replace(hosts=tuple(host for host in batch.hosts if host not in through))

    return [batch for batch in map(left, wanted) if batch.hosts]


def _through(back: bool, group: str, standing: Standing) -> frozenset[str]:
    hosts = standing.behind(group, back)
    # On the way back, one that `hosts:` cannot leave out goes back again rather than keep all others.
    return frozenset(host for host in hosts if not is_pattern(host)) if back else hosts


def _earlier(settings: Settings, every: Sequence[Batch], steps: Steps) -> dict[str, Wave]:
    """Returns the wave before each batch, by its group. Its gate and approval are still to come, also where an earlier run did it."""
    waves = [] if settings.back else _all_waves(settings, every, steps)
    return {part.group: before for before, wave in pairwise(waves) for part in wave.parts}


def _reaches_end(settings: Settings, every: Sequence[Batch], chosen: Sequence[Batch], steps: Steps) -> bool:
    last = _all_waves(settings, every, steps)[-1:]
    return any(part.group == batch.group for wave in last for part in wave.parts for batch in chosen)


def _all_waves(settings: Settings, every: Sequence[Batch], steps: Steps) -> list[Wave]:
    return _waves(settings, sorted(every, key=steps.place) if settings.parallel else every, steps)


def _passed_over(settings: Settings, every: Sequence[Batch]) -> list[Batch]:
    """Returns what rollout_from leaves out: earlier batches, on the way back later ones."""
    at = next((batch.number for batch in every if batch.batch == settings.first), None)
    if at is None:
        return []
    return [batch for batch in every if (batch.number > at if settings.back else batch.number < at)]


def _waves(
    settings: Settings, batches: Sequence[Batch], steps: Steps, standing: Standing | None = None, to_watch: Collection[str] = ()
) -> list[Wave]:
    # What is only to be watched comes before the rest of its batch, and before its wave is begun for the other versions.
    parts = [found for batch in batches for found in _parts(batch, standing, to_watch)]
    if not settings.parallel:
        return [Wave(batch.group, batch.batch, (batch,), not begins) for batch, begins in parts]
    together: dict[tuple[tuple[int, int], bool], list[Batch]] = {}
    for batch, begins in parts:
        together.setdefault((steps.place(batch), begins), []).append(batch)
    by_number = sorted(together.items(), key=lambda item: item[0], reverse=settings.back)

    def name(parts: Sequence[Batch]) -> str:
        return ", ".join(part.group for part in parts) if parts[0].number in steps.divided else f"wave {parts[0].batch}"

    return [Wave(name(parts), parts[0].batch, tuple(parts), not begins) for (_, begins), parts in by_number]


def _parts(batch: Batch, standing: Standing | None, to_watch: Collection[str]) -> list[tuple[Batch, bool]]:
    """Returns the hosts of a batch that are only watched, and those that it begins for, each if there are any."""
    if standing is None or batch.group not in to_watch:
        return [(batch, True)]
    watched = standing.behind(batch.group, back=False)
    cut = [
        (batch._replace(hosts=tuple(host for host in batch.hosts if (host in watched) != begins)), begins) for begins in (False, True)
    ]
    return [(part, begins) for part, begins in cut if part.hosts]


def _problems(
    settings: Settings,
    hooks: Hooks,
    groups: Mapping[str, Sequence[str]],
    every: Sequence[Batch],
    passed_over: Sequence[Batch],
    standing: Standing | None,
) -> list[str]:
    return [
        *([] if groups.get("all") else ["the inventory has no hosts; see above whether it failed"]),
        *settings.problems,
        *_version_problems(settings, groups, every),
        *_range_problems(settings, every),
        *(_frozen_problems(settings, groups, every, standing) if standing else _resume_problems(settings, hooks, every, passed_over)),
        *_approved_problems(settings, every),
        *hooks.problems(),
    ]


def _version_problems(settings: Settings, groups: Mapping[str, Sequence[str]], every: Sequence[Batch]) -> Iterator[str]:
    there = ", ".join(versions(groups)) or "no version"
    if "rollout_version" not in settings.given:
        yield f"rollout_version is needed (-e rollout_version=NAME); the inventory has {there}"
    known = {batch.version for batch in every}
    for name in settings.versions:
        if name not in known:
            yield f"no version {name}; the inventory has {there}"


def _order_problems(settings: Settings, steps: Steps) -> Iterator[str]:
    """Yields the versions that are named before one that they come after, where one version follows another."""
    if settings.parallel or settings.back:
        return
    for at, version in enumerate(settings.versions):
        for later in settings.versions[at + 1 :]:
            if later in steps.after.get(version, ()):
                yield (
                    f"{version} comes after {later}, by the key `after`, and rollout_version names it first: name {later} before it, or give"
                    " rollout_waves=parallel"
                )


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
    if settings.back and not settings.first:
        yield "rollout_from is needed: the last batch that was touched"
    for name in ("rollout_take_over", "rollout_retry_lost", "rollout_on_event", "rollout_ignore_windows"):
        if name in settings.given:
            yield f"{name} is for a frozen plan, which has a record of its runs"
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


def _frozen_problems(settings: Settings, groups: Mapping[str, Sequence[str]], every: Sequence[Batch], standing: Standing) -> Iterator[str]:
    for name in ("rollout_from", "rollout_plan_id", "rollout_earlier_done"):
        if name in settings.given:
            yield f"{name}: the record of the frozen plan says where the rollout is; leave it out"
    judged = [batch.group for batch in every if batch.group in standing.gates]
    if judged and settings.bake == 0 and not settings.back:
        yield f"rollout_bake is 0, and gates judge {first_hosts(judged)} while they are watched; leave it out, or give it a time"
    wanted = dict(zip(settings.versions, settings.back_to, strict=False)) if settings.back else {}
    for batch in every:
        version, before = wanted.get(batch.version), standing.back_to.get(batch.group)
        if version and before and version not in before.split(","):
            yield (
                f"rollout_back_to {version}: {batch.group} was taken back to {before} before; go on with that, and to have {version} everywhere,"
                " plan it and roll it out"
            )
        if batch.group not in standing.hosts:
            yield f"{batch.group} is not in the frozen plan {standing.plan}"
        elif more := [host for host in batch.hosts if host not in standing.hosts[batch.group]]:
            yield f"{batch.group} of the frozen plan {standing.plan} does not have {', '.join(more)}: another inventory adds to its groups"
    yield from _missing_problems(groups, every, standing)


def _missing_problems(groups: Mapping[str, Sequence[str]], every: Sequence[Batch], standing: Standing) -> Iterator[str]:
    """Yields the hosts that the groups of a frozen plan lack and the inventory has: without them their batch would count as done."""
    known, stems = set(groups.get("all", ())), {stem_of(batch.group) for batch in every}
    for group, hosts in standing.hosts.items():
        less = sorted(hosts.intersection(known).difference(groups.get(group, ()))) if stem_of(group) in stems else ()
        if less:
            yield (
                f"{group} lacks {', '.join(less)} of the frozen plan {standing.plan}, which the inventory has: unset REGAL_LIMIT and give --limit to"
                " ansible-playbook; hosts that are no longer to be deployed have to leave each inventory"
            )


def _approved_problems(settings: Settings, every: Sequence[Batch]) -> Iterator[str]:
    there = names(every)
    known = {"all", *there, *(batch.group for batch in every)}
    for name in settings.approved:
        if every and name not in known:
            yield f"rollout_approved: no batch {name}; there are {', '.join(there)} and all"


def _apart_problems(plan: Plan) -> Iterator[str]:
    """Yields the hosts that are through with one batch, where leaving them out would be wrong or cannot be said."""
    for host in [pattern.removeprefix("!") for pattern in plan.patterns if pattern.startswith("!") and pattern != f"!{DONE}"]:
        if host in plan.hosts:
            yield f"{host} is done in one of the versions and not in another; roll them out one at a time"
        elif is_pattern(host):
            yield f"{host!r} is done, and cannot be left out of hosts:, where its name would be a pattern"


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
