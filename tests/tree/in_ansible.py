"""Reads pairs of inventory sources, one a line with a tab between, and prints how Ansible's readings of a pair differ."""

from __future__ import annotations

import datetime
import os
import sys
import tempfile

_config = tempfile.NamedTemporaryFile(suffix=".cfg")  # empty: no configuration of the user or the machine
os.environ.update(ANSIBLE_CONFIG=_config.name, ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED="1", ANSIBLE_LOCALHOST_WARNING="0")

from ansible.inventory.manager import InventoryManager  # noqa: E402
from ansible.parsing.dataloader import DataLoader  # noqa: E402
from ansible.plugins.loader import init_plugin_loader  # noqa: E402
from ansible.utils.display import Display  # noqa: E402
from ansible.vars.manager import VariableManager  # noqa: E402

# What names the file, and what depends on the order in which groups were made, which is no part of what an inventory means.
PLACES = {"inventory_dir", "inventory_file", "ansible_inventory_sources", "groups", "omit"}


def read(source: str) -> dict[str, object]:
    """Everything that an inventory says, orders too."""
    loader = DataLoader()
    manager = InventoryManager(loader=loader, sources=[source])
    variables = VariableManager(loader=loader, inventory=manager)
    said: dict[str, object] = {}
    for name, group in manager.groups.items():
        said[f"hosts of the group {name}"] = [host.name for host in group.hosts]
        said[f"children of the group {name}"] = [child.name for child in group.child_groups]
        said[f"depth and priority of the group {name}"] = (group.depth, group.priority)
        said[f"variables of the group {name}"] = everything(group.get_vars())
    for host in manager.hosts.values():
        found = variables.get_vars(host=host, include_hostvars=False, stage="all")
        said[f"variables of the host {host.name}"] = everything(variables.get_vars(host=host, include_hostvars=False, stage="all"))
    return said


def everything(variables: dict[str, object]) -> str:
    """Variables with their types, without those of the file."""
    return plain({name: value for name, value in variables.items() if name not in PLACES})


def plain(value: object) -> str:
    """A value with its type, as far as JSON has types; what is encrypted as it stands."""
    if hasattr(value, "_ciphertext"):
        return f"vault {value._ciphertext}"
    if isinstance(value, dict):
        return str([(str(key), plain(item)) for key, item in value.items()])
    if isinstance(value, (list, tuple)):
        return str([plain(item) for item in value])
    return repr(value.isoformat() if isinstance(value, datetime.date) else value)


def main() -> int:
    """1 where a pair differs, or where there is none."""
    Display.display = lambda *args, **kwargs: None  # type: ignore[method-assign]
    init_plugin_loader([])
    pairs = [line.rstrip("\n").split("\t") for line in sys.stdin]
    differing = 0
    for first, second in pairs:
        one, other = read(first), read(second)
        for what in sorted(one.keys() | other.keys()):
            if one.get(what) != other.get(what):
                print(f"{second}: {what}: {other.get(what)}, not {one.get(what)}")
                differing += 1
    print(f"{len(pairs)} pairs, {differing} differences")
    return int(bool(differing) or not pairs)


if __name__ == "__main__":
    sys.exit(main())
