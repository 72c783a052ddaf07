# SPDX-License-Identifier: MIT
"""The batches of a play of one's own: which they are, and whether the next one may begin."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from regal_rollout.batches import Batch, batches, patterns, templates, versions, within
from regal_rollout.texts import first_hosts


class Refused(ValueError):
    """What is wrong with what was asked for, and what to do."""


class Gate(NamedTuple):
    """Whether the play stops before this batch, and what there is to say about it, a line each."""

    stop: bool
    says: list[str]


def of_play(asked: Iterable[Any], variables: Mapping[str, Any], options: Mapping[str, Any], ansible: str) -> list[Batch]:
    """Returns the batches of the versions that are asked for, with the hosts that --limit leaves, without empty ones.

    `variables` are Ansible's own before a play has hosts, `options` those of its command line, `ansible` is its version. Raises `Refused`
    where a play over these batches would not be what was asked for. A syntax check has no inventory to look at and gets localhost.
    """
    if options.get("syntax"):
        return [Batch("", "localhost", "A", 0, ("localhost",))]
    groups: Mapping[str, Sequence[str]] = variables.get("groups") or {}
    wanted = _texts(asked)
    _refuse_templates(groups.get("all", ()), ansible)
    there = versions(groups)
    if not there:
        raise Refused(
            "the inventory has no batches (groups VERSION_groupA, VERSION_groupB1 ...); give regal-inventory's configuration with another "
            "-i, and see above whether it failed"
        )
    found = batches(groups, wanted)
    named = {batch.version for batch in found}
    if unknown := [version for version in wanted if version not in named]:
        raise Refused(f"no version {', '.join(unknown)}; the inventory has {', '.join(there)}")
    if named_as := patterns(found):
        raise Refused(
            f"the group {', '.join(map(repr, named_as))} cannot be named in hosts:, where it would be a pattern; group_names: safe gives it "
            "another name"
        )
    cut = within(found, variables.get("ansible_play_hosts_all") or ())
    if not cut:
        limit = options.get("subset")
        raise Refused(f"no host of {', '.join(wanted)} is left" + (f" by --limit {limit}" if limit else ""))
    _refuse_shared(cut)
    return cut


def gate(variables: Mapping[str, Any], max_failed: Any = 0, exact: bool = True) -> Gate:
    """Returns whether the batch may begin whose first task asks; `max_failed` is how many hosts may be lost by then.

    `variables` are Ansible's own in that task. With `exact`, raises `Refused` where these hosts are not one of the inventory's batches.
    """
    allowed = _number(max_failed)
    play: Sequence[str] = variables["ansible_play_hosts_all"]
    batch: Sequence[str] = variables["ansible_play_batch"]
    present = set(variables["ansible_play_hosts"])
    lost = [host for host in play if host not in present]
    groups: Mapping[str, Sequence[str]] = variables["groups"]
    planned = _planned(groups, play)
    mine = next((found for found in planned if set(found.hosts) - set(lost) == set(batch)), None)
    if exact and mine is None:
        raise Refused(
            f"these hosts are not a batch of the inventory: {first_hosts(batch)}; `hosts:` must be batch_groups and `serial:` "
            "batch_sizes, of the same versions, and `order:` inventory; or, if they are not meant to be one, set gate_exact to false"
        )
    name = mine.group if mine else f"the batch of {first_hosts(batch)}"
    if len(lost) <= allowed:
        return Gate(False, [f"{name} begins: {first_hosts(batch)}", *([f"lost before: {first_hosts(lost)}"] if lost else [])])
    if mine:
        planned.sort(key=lambda found: found.version != mine.version)
    hosts = set(mine.hosts if mine else batch)
    begin = next(place for place, host in enumerate(play) if host in hosts)
    story = _story(groups, play, lost, planned, begin)
    return Gate(True, [f"{name} does not begin: hosts are lost, which failed or could not be reached", *story])


def _texts(asked: Iterable[Any]) -> list[str]:
    """Returns the versions, of which some may stand in lists."""
    wanted: list[str] = []
    for term in asked:
        for version in term if isinstance(term, (list, tuple)) else [term]:
            if not isinstance(version, str):
                raise Refused(f"the version {version} is not text: quote it, since YAML reads 1.10 as 1.1")
            # Ansible's own kinds of text are left out.
            wanted.append(str(version))
    if not any(version.strip() for version in wanted):
        raise Refused("name a version, such as batch_groups('app-1.0.0')")
    return list(dict.fromkeys(wanted))


def _refuse_shared(cut: Iterable[Batch]) -> None:
    seen: dict[str, str] = {}
    for batch in cut:
        for host in batch.hosts:
            if seen.setdefault(host, batch.group) != batch.group:
                raise Refused(f"{host} is in {seen[host]} and in {batch.group}; roll out its versions one at a time")


def _refuse_templates(hosts: Iterable[str], ansible: str) -> None:
    if found := templates(hosts, ansible):
        raise Refused(
            f"the name of a host is a template, which Ansible before 2.19 would run: {first_hosts(found)}; rename it, or use "
            "ansible-core 2.19 or newer"
        )


def _planned(groups: Mapping[str, Sequence[str]], play: Sequence[str]) -> list[Batch]:
    """Returns every batch whose hosts stand in the play one after the other."""
    place = {host: number for number, host in enumerate(play)}
    cut = within(batches(groups, versions(groups)), play)

    def stands_there(batch: Batch) -> tuple[str, ...]:
        start = place[batch.hosts[0]]
        return tuple(play[start : start + len(batch.hosts)])

    return [batch for batch in cut if stands_there(batch) == batch.hosts]


def _number(max_failed: Any) -> int:
    text = str(max_failed).strip()
    if isinstance(max_failed, bool) or not (text.isascii() and text.isdigit()):
        raise Refused(f"gate_max_failed must be a number of hosts, and is {text}")
    return int(text)


def _story(
    groups: Mapping[str, Sequence[str]], play: Sequence[str], lost: Sequence[str], planned: Sequence[Batch], begin: int
) -> list[str]:
    """Returns which hosts are lost, what of the play does not begin from this place on, and how to go on."""
    batch_of: dict[str, Batch] = {}
    for batch in planned:
        for host in batch.hosts:
            batch_of.setdefault(host, batch)
    by_group: dict[str, list[str]] = {}
    for host in lost:
        by_group.setdefault(batch_of[host].group if host in batch_of else "no batch", []).append(host)
    rest = list(dict.fromkeys(batch_of[host].group if host in batch_of else host for host in play[begin:]))
    # The group of a batch has the hosts, too, that a limit leaves out.
    whole = {batch.group for batch in planned if len(batch.hosts) == len(groups[batch.group])}
    again = [batch_of[host].group if host in batch_of and batch_of[host].group in whole else host for host in play[begin:]]
    limit = shlex.quote(",".join(dict.fromkeys([*(host for host in lost if host in play[:begin]), *again])))
    return [
        *(f"  lost in {group}: {', '.join(hosts)}" for group, hosts in by_group.items()),
        f"  not begun: {first_hosts(rest)}",
        f"to go on, repair the lost hosts and run the same command again; with --limit {limit} it skips the hosts that are done",
    ]
