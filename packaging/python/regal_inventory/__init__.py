# SPDX-License-Identifier: MIT
"""Plans of the program regal-inventory as objects.

    from regal_inventory import plan

    for version in plan(config="rollout.regal.yml").versions:
        for batch in version.batches:
            print(batch.group, batch.hosts)

`plan({"app-2.0": "web1,web2,web3"}, combine=2)` takes what regal's `BaseInfo` and `grouping` took.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Union

__all__ = ["Batch", "Plan", "PlanError", "Version", "plan", "program"]

NAME = "regal-inventory"
NO_EXEC = "REGAL_NO_EXEC"


class PlanError(ValueError):
    """There is no plan; the text is the program's message."""


@dataclass(frozen=True)
class Batch:
    """Hosts that are worked on together: `id` is `A` (the canary), `B1`, `B2` …; `group` is their Ansible group."""

    id: str
    group: str
    hosts: tuple[str, ...]


@dataclass(frozen=True)
class Version:
    """A version with its batches, the canary first."""

    name: str
    batches: tuple[Batch, ...]


@dataclass(frozen=True)
class Plan:
    """Versions in the order in which they are rolled out."""

    versions: tuple[Version, ...]

    @property
    def result(self) -> list[tuple[str, list[list[str]]]]:
        """Returns regal's `result`: the canary is one text with commas, each later batch a list of hosts."""
        return [(version.name, [_regal_batch(batch) for batch in version.batches]) for version in self.versions]

    def iter_dict(self) -> Iterator[dict[str, list[str]]]:
        """Returns regal's `iter_dict()`: a mapping for each version, each batch one text with commas."""
        for version in self.versions:
            yield {version.name: [",".join(batch.hosts) for batch in version.batches]}


def _regal_batch(batch: Batch) -> list[str]:
    return [",".join(batch.hosts)] if batch.id == "A" else list(batch.hosts)


def plan(
    version_host: Mapping[str, Union[str, Sequence[str]]] | None = None,
    combine: int | str | None = None,
    schedule: int | str | None = None,
    priority_name: str | None = None,
    *,
    config: str | os.PathLike[str] | None = None,
    options: Sequence[str] = (),
) -> Plan:
    """Returns the plan of a configuration, or of the versions and hosts that are given, as regal took them.

    `version_host` maps each version to its hosts, a text with commas or a list; `combine` is the size of a batch and `schedule` that of
    the canary, each 1 if it is None or 0; versions that contain `priority_name` come first. Names may have any characters: the program
    plans their numbers. `config` is a `regal.yml` instead, and `options` are further ones of the program: `["--limit", "web*"]`.

    Raises PlanError where there is no plan, OSError where the program cannot be run.
    """
    if version_host is None:
        return _plan([*(["--config", os.fspath(config)] if config is not None else []), *options])
    if config is not None:
        raise PlanError("config and version_host exclude each other: the configuration has versions of its own")
    names, versions = _numbered(version_host)
    if not versions:
        return Plan(())
    settings: dict[str, Any] = {"versions": versions, "shared_hosts": "allow", "use_ansible_cfg": False}
    settings.update(batch_size=combine or 1, canary=schedule or 1)
    first = [number for number in versions if priority_name and priority_name in names[number]]
    if first:
        settings["priority"] = first
    return _named(_plan(["--config", "/dev/stdin", *options], json.dumps(settings)), names)


def _numbered(version_host: object) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Returns the name of each number, and the numbers of each version's hosts."""
    if not isinstance(version_host, Mapping):
        raise PlanError(f"version_host is a mapping from version to hosts, not {type(version_host).__name__}")
    numbers: dict[str, str] = {}
    names: dict[str, str] = {}
    versions: dict[str, list[str]] = {}
    for index, (version, hosts) in enumerate(version_host.items()):
        listed = hosts.split(",") if isinstance(hosts, str) else list(hosts)
        if not all(host.strip() for host in listed):
            raise PlanError(f"version {version!r} has an empty host: {hosts!r}")
        for host in listed:
            names.setdefault(numbers.setdefault(host, f"h{len(numbers)}"), host)
        names[f"v{index}"] = version
        versions[f"v{index}"] = [numbers[host] for host in listed]
    return names, versions


def _named(numbered: Plan, names: Mapping[str, str]) -> Plan:
    def batch(version: str, batch: Batch) -> Batch:
        return Batch(batch.id, f"{version}_group{batch.id}", tuple(names[host] for host in batch.hosts))

    def version(found: Version) -> Version:
        name = names[found.name]
        return Version(name, tuple(batch(name, each) for each in found.batches))

    return Plan(tuple(map(version, numbered.versions)))


def _plan(arguments: Sequence[str], configuration: str | None = None) -> Plan:
    environment = dict(os.environ)
    if configuration is not None:
        # What is given here is all that counts, whatever the environment and an ansible.cfg set; but what refuses programs holds.
        environment = {name: value for name, value in environment.items() if name == NO_EXEC or not name.startswith("REGAL_")}
    command = [program(), *arguments, "plan", "--format", "json"]
    done = subprocess.run(command, input=configuration or "", capture_output=True, encoding="utf-8", env=environment, check=False)
    if done.returncode:
        raise PlanError(done.stderr.strip() or f"{command[0]}: exit code {done.returncode}, with no message")
    return Plan(tuple(map(_version, json.loads(done.stdout)["versions"])))


def _version(found: dict[str, Any]) -> Version:
    batches = (Batch(batch["batch"], batch["group"], tuple(batch["hosts"])) for batch in found["batches"])
    return Version(found["version"], tuple(batches))


def program() -> str:
    """Returns the path of the program: that of REGAL_INVENTORY_BINARY, else the one that was installed with this package, else the one in PATH."""
    named = os.environ.get("REGAL_INVENTORY_BINARY")
    if named:
        return named
    folders = (sysconfig.get_path("scripts"), sysconfig.get_path("scripts", "posix_user"))
    beside = (Path(folder, NAME) for folder in folders)
    found = next((str(path) for path in beside if path.is_file()), None) or shutil.which(NAME)
    if not found:
        raise FileNotFoundError(f"the program {NAME} is not in PATH; install it, or name it: REGAL_INVENTORY_BINARY=PATH")
    return found

