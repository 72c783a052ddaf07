# SPDX-License-Identifier: MIT
"""The batches of a version, found by the names of their groups: VERSION_groupA, VERSION_groupB1, VERSION_groupB2 …"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

BATCH_GROUP = re.compile(r"(?P<stem>.*)_group(?P<batch>A|B[1-9][0-9]*)", re.DOTALL)


# In a host's name, which Ansible up to 2.18 would run as a template.
_TEMPLATE = re.compile(r"\{[{%#]")
# In a name, which `hosts:` would take for a pattern: for other hosts, or for none.
_PATTERN = re.compile(r"^[!&~@]|[:,*?{}\[\]\s]")


class Batch(NamedTuple):
    """One batch: `batch` is A, B1 …, and `number` counts them from 0, which is A."""

    version: str
    group: str
    batch: str
    number: int
    hosts: tuple[str, ...]


def batches(groups: Mapping[str, Sequence[str]], versions: Iterable[str]) -> list[Batch]:
    """Returns every batch of the versions, in the order of these and by number; nothing of a version that has no group.

    `groups` are the hosts of each group in order, as Ansible has them.
    """
    by_stem = _by_stem(groups)
    found = []
    for version in versions:
        stem = next((stem for stem in spellings(version) if stem in by_stem), None)
        if stem is not None:
            found += [batch._replace(version=version) for batch in by_stem[stem]]
    return found


def versions(groups: Iterable[str]) -> list[str]:
    """Returns what the batch groups are named after, in the order of their first group."""
    return list(dict.fromkeys(match["stem"] for match in map(BATCH_GROUP.fullmatch, groups) if match))


def spellings(version: str) -> list[str]:
    """Returns how a version's name may stand in the names of its groups.

    As it is; as regal-inventory spells it under `group_names: safe`; and as ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS=always makes of it.
    """
    clean = re.sub(r"[^A-Za-z0-9_]", "_", version)
    return [version, re.sub(r"^([0-9])", r"_\1", clean), re.sub(r"^[0-9]", "_", clean)]


def templates(hosts: Iterable[str], ansible: str) -> list[str]:
    """Returns the hosts whose name this version of Ansible would run as a template."""
    release = tuple(int(part) for part in ansible.split(".")[:2])
    return [host for host in hosts if _TEMPLATE.search(host)] if release < (2, 19) else []


def patterns(batches: Iterable[Batch]) -> list[str]:
    """Returns the groups that cannot be named in `hosts:`, where each would be a pattern."""
    return [batch.group for batch in batches if is_pattern(batch.group)]


def is_pattern(name: str) -> bool:
    """Whether `hosts:` would take a name for a pattern."""
    return bool(_PATTERN.search(name))


def plan_id(batches: Iterable[Batch]) -> str:
    """Returns the id of a plan, the same that regal-inventory computes (src/plan/id.rs)."""
    text = "".join(f"{batch.group}={','.join(batch.hosts)}\n" for batch in batches)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def within(batches: Iterable[Batch], hosts: Iterable[str]) -> list[Batch]:
    """Returns the batches with no host but these, without those that have none left: a `serial` of 0 would mean all hosts."""
    left = set(hosts)
    cut = [batch._replace(hosts=tuple(host for host in batch.hosts if host in left)) for batch in batches]
    return [batch for batch in cut if batch.hosts]


def _by_stem(groups: Mapping[str, Sequence[str]]) -> dict[str, list[Batch]]:
    by_stem: dict[str, list[Batch]] = {}
    for group, hosts in groups.items():
        if match := BATCH_GROUP.fullmatch(group):
            batch = match["batch"]
            number = 0 if batch == "A" else int(batch[1:])
            by_stem.setdefault(match["stem"], []).append(Batch("", group, batch, number, tuple(hosts)))
    for found in by_stem.values():
        found.sort(key=lambda batch: batch.number)
    return by_stem
