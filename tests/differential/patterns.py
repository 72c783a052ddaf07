"""Host patterns: what Ansible and `--limit` select from the same inventory."""

from __future__ import annotations

import json
import pathlib
import random
import subprocess
from collections.abc import Callable

from pools import GROUPS, HOSTS, Pick
from reading import AnsibleError, InventoryManager, order_patterns, split_host_pattern

PLAIN = ["all", "ungrouped", *GROUPS, *HOSTS]
GLOBS = ["*", "web*", "web?", "g*", "g?", "*.example.org", "?b?", "[gw]*", "[!g]*", "[^g]*", "[a-g]*", "[z-a]*", "[]x]*", "w[e]b*", "10.0.0.*", "node-*", "[[]*",
         "~web", "~web\\d+$", "~.*1", "~(web|db)1", "~g[12]", "~^a", "~[^w]", "~", "a.example.org", "10.0.0.1", "2001:db8::1", "::1", "nope", "web1:22",
         "localhost", "app-1.0", "app-1?0", "App*", "a", "x_1"]
SUBSCRIPTS = ["[0]", "[1]", "[-1]", "[-2]", "[0:1]", "[1:]", "[1:0]", "[0:0]", "[1-2]", "[2:1]", "[5]", "[0:99]", "[-1:]", "[:1]", "[00]", "[x]", "[99999999999999999999]"]
Runner = Callable[[list[str]], "subprocess.CompletedProcess[bytes]"]


def generate(pick: Pick, names: list[str]) -> str:
    """A pattern over hosts and groups of an inventory."""
    terms = []
    for _ in range(1 + pick.count(3)):
        term = pick.rng.choice([*names, *PLAIN]) if pick.chance(0.5) else pick.rng.choice(GLOBS)
        term += pick.rng.choice(SUBSCRIPTS) if pick.chance(0.3) else ""
        terms.append(pick.rng.choice(["", "", "!", "&"]) + term)
    pick.rng.shuffle(terms)
    # An empty item is an error here, on purpose.
    separator = pick.rng.choice([":", ":", ",", ", ", " , ", " "])
    return separator.join(terms)


def compare(pick: Pick, manager: InventoryManager, run: Runner) -> list[str]:
    """What differs for one pattern."""
    # A program's argument cannot hold a NUL.
    pattern = generate(pick, [name for name in [*manager.groups, *manager.hosts] if "\0" not in name])
    terms = split_host_pattern(pattern)
    if any(term.lstrip("!&~") == "" or any(local in term for local in ("localhost", "127.0.0.1", "::1")) or term.startswith("-") for term in terms) or not terms or pattern.startswith("-") or any(host[0] in "!&" for host in manager.hosts):
        return []
    depends_on_chance = any(has_subscript(term) for term in terms) and any(is_deep(group) for group in manager.groups.values())
    if depends_on_chance:
        return []
    try:
        wanted = [host.name for host in manager.get_hosts(pattern)]
    except AnsibleError:
        wanted = []
    limited = run(["--limit", pattern, "--list", "--versions", "probe=all"])
    found = listed(limited.stdout) if limited.returncode == 0 else set()
    if found != set(wanted):
        return [f"limit {pattern!r}: {sorted(found)}, Ansible: {wanted}; {limited.stderr.decode()[:300]}"]
    if wanted and all(has_plain_order(manager, term) for term in order_patterns(terms)):
        planned = run(["--versions", f"probe={pattern}", "plan", "--format", "regal"])
        order = ",".join(json.loads(planned.stdout)["probe"]).split(",") if planned.returncode == 0 else []
        if order != wanted:
            return [f"order of {pattern!r}: {order}, Ansible: {wanted}; {planned.stderr.decode()[:300]}"]
    return []


def has_subscript(term: str) -> bool:
    """Whether a term may count hosts."""
    return term.endswith("]") and not term.startswith("~")


def is_deep(group: object) -> bool:
    """Whether Ansible's order of a group's hosts depends on the order of a Python set."""
    children = group.child_groups  # type: ignore[attr-defined]
    return len(children) > 1 and any(child.child_groups for child in children)


def has_plain_order(manager: InventoryManager, term: str) -> bool:
    """Whether a term's hosts have one order for both: a host, a group without children, or a filter."""
    if term[0] in "!&" or term in manager.hosts:
        return True
    return term in manager.groups and not manager.groups[term].child_groups


def listed(output: bytes) -> set[str]:
    """All hosts of a `--list`."""
    groups = json.loads(output)
    return {host for name, group in groups.items() if name != "_meta" for host in group["hosts"]}
