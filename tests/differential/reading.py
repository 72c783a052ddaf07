"""What Ansible reads from sources, in a form that can be compared."""

from __future__ import annotations

import dataclasses
import datetime
import math
import os
import tempfile

_config = tempfile.NamedTemporaryFile(suffix=".cfg")  # empty: no configuration of the user or the machine
os.environ.update(ANSIBLE_CONFIG=_config.name, ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED="1", ANSIBLE_LOCALHOST_WARNING="0")

from ansible._internal._datatag._tags import TrustedAsTemplate  # noqa: E402
from ansible.errors import AnsibleError  # noqa: E402
from ansible.inventory.manager import InventoryManager, order_patterns, split_host_pattern  # noqa: E402, F401
from ansible.parsing.dataloader import DataLoader  # noqa: E402
from ansible.parsing.vault import EncryptedString  # noqa: E402
from ansible.plugins.inventory import yaml as yaml_plugin  # noqa: E402
from ansible.plugins.loader import init_plugin_loader, inventory_loader  # noqa: E402
from ansible.plugins.vars import host_group_vars  # noqa: E402
from ansible.utils.display import Display  # noqa: E402
from ansible.utils.vars import combine_vars  # noqa: E402
from ansible.vars.manager import VariableManager  # noqa: E402
from ansible.vars.plugins import get_vars_from_inventory_sources  # noqa: E402

MAGIC = {"ansible_facts", "ansible_version", "ansible_playbook_python", "ansible_diff_mode", "ansible_config_file", "ansible_check_mode",
         "inventory_dir", "inventory_file", "inventory_hostname", "inventory_hostname_short", "group_names", "groups", "playbook_dir", "omit",
         "ansible_forks", "ansible_inventory_sources", "ansible_limit", "ansible_run_tags", "ansible_skip_tags", "ansible_verbosity"}


@dataclasses.dataclass
class Group:
    """A group's direct hosts in order, and its child groups."""

    hosts: list[str]
    children: set[str]


@dataclasses.dataclass
class Reading:
    """An inventory as Ansible holds it."""

    groups: dict[str, Group]
    hosts: dict[str, dict[str, object]]
    manager: InventoryManager


class Rejected(Exception):
    """Ansible cannot read the sources."""


def quiet() -> None:
    """No output, and plugins ready."""
    Display.display = lambda *args, **kwargs: None  # type: ignore[method-assign]
    init_plugin_loader([])


def forget() -> None:
    """Empties the caches that Ansible keeps for a process, which is one inventory for it."""
    for cache in (host_group_vars.FOUND, host_group_vars.NAK, host_group_vars.CANONICAL_PATHS):
        cache.clear()


def read(sources: list[str], stage: str = "all") -> Reading:
    """Reads sources; every file must be fine. The stage is that of `ansible-inventory`, or `task` as in plays."""
    forget()
    loader = DataLoader()
    loader.set_basedir("/dev")  # the working directory's vars files would count as a playbook's
    try:
        manager = InventoryManager(loader=loader, sources=sources)
        variables = VariableManager(loader=loader, inventory=manager)
        # Ansible reads the vars files of a group only for its hosts; here a broken one counts anyway.
        for group in manager.groups.values():
            get_vars_from_inventory_sources(loader, sources, [group], stage)
        hosts = {host.name: variables.get_vars(host=host, include_hostvars=False, stage=stage) for host in manager.hosts.values()}
    except RecursionError as error:
        raise Rejected(str(error)) from error
    except Exception as error:
        raise Rejected(f"{type(error).__name__}: {error}") from error
    groups = {name: Group([host.name for host in group.hosts], {child.name for child in group.child_groups}) for name, group in manager.groups.items()}
    plain_hosts = {host: {key_text(name): plain(value) for name, value in of.items() if name not in MAGIC} for host, of in hosts.items()}
    return Reading(groups, plain_hosts, manager)


def plain(value: object) -> object:
    """A value with its type and without its tags; what JSON cannot tell apart is the same."""
    if isinstance(value, EncryptedString):
        return ("vault", value._ciphertext)
    if isinstance(value, bool) or value is None:
        return (type(value).__name__, value)
    if isinstance(value, str):
        templated = any(mark in value for mark in ("{{", "{%", "{#"))
        return ("str", str(value), templated and TrustedAsTemplate.is_tagged_on(value))
    if isinstance(value, int):
        return ("int", int(value))
    if isinstance(value, float):
        return ("float", "nan" if math.isnan(value) else repr(float(value)))
    if isinstance(value, (datetime.datetime, datetime.date)):
        return ("str", value.isoformat(), False)
    if isinstance(value, dict):
        return ("dict", [(key_text(key), plain(item)) for key, item in value.items()])
    if isinstance(value, (set, frozenset)):  # a list to this project, as in JSON; its order is chance
        return ("list", sorted(map(plain, value)))
    if isinstance(value, (list, tuple)):
        return ("list", [plain(item) for item in value])
    return (type(value).__name__, repr(value))


def key_text(key: object) -> str:
    """A mapping's key as Python's `json` writes it."""
    if isinstance(key, str):
        return str(key)
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    if isinstance(key, float):
        return repr(float(key))
    return str(key)
