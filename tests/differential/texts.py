"""Texts of inventories and vars files: INI, YAML, JSON and scripts."""

from __future__ import annotations

import json
import shlex

from pools import (ENDS, HOSTS, INI_VALUES, ODD_SPACES, ODD_TAGS, TAGS, YAML_ODD_KEYS, YAML_SCALARS, Pick)

PLAIN_INI_VALUES = ["1", "2", "x", "1.0", "True", "'a b'", "[1,2]", "text"]
PLAIN_SCALARS = ["1", "2", "x", "1.0", "yes", "'a b'", "[1, 2]", "text", "{a: 1}"]


def value(pick: Pick) -> str:
    """The text of a value in INI."""
    return pick.of(PLAIN_INI_VALUES, INI_VALUES, 3)


def ini(pick: Pick) -> str:
    """An INI inventory: sections in any order, declared before or after they are named."""
    groups = sorted({pick.group() for _ in range(1 + pick.count(6))}, key=lambda _: pick.rng.random())
    lines = [host_line(pick) for _ in range(pick.count(3))]
    order = list(groups)
    for group in groups:
        sections = {section(pick, group, order) for _ in range(1 + pick.count(2))}
        lines += sorted(sections)
    if pick.chance(0.3):
        lines.append(vars_section(pick, "all"))
    if pick.chance(0.8):  # mostly everything is declared somewhere
        lines += [f"[{group}]" for group in groups]
    if pick.chance(0.3):
        pick.rng.shuffle(lines)
    text = "".join(part + (pick.of(["\n"], ENDS, 0.5)) for part in "\n".join(lines).split("\n"))
    return mutated(pick, text)


def section(pick: Pick, group: str, groups: list[str]) -> str:
    """A section with its lines."""
    tag = pick.of(TAGS, ODD_TAGS, 0.3)
    if tag == ":vars":
        return vars_section(pick, group)
    header = f"[{group}{tag}]" + (pick.of(["", "", " # c", "#c", " ; c", pick.space()]) if pick.odd() else "")
    if tag == ":children":
        later = groups[groups.index(group) + 1:] if group in groups and not pick.odd(0.3) else groups
        children = [pick.known_group(later) for _ in range(pick.count(3)) if later or pick.odd()]
        return "\n".join([header] + [child + (pick.space() + "# c" if pick.odd(0.3) else "") for child in children])
    return "\n".join([header] + [host_line(pick) for _ in range(pick.count(5))])


def vars_section(pick: Pick, group: str) -> str:
    """A section of variables."""
    lines = [f"[{group}:vars]"]
    for _ in range(1 + pick.count(3)):
        equals = pick.of(["=", "=", " = ", "= ", pick.space() + "=" + pick.space()])
        lines.append(pick.variable() + equals + value(pick))
    if pick.chance(0.15):
        lines.append(f"ansible_group_priority={pick.of(['1', '2', '10', '-1'], INI_VALUES)}")
    if pick.odd(0.3):
        lines.append(pick.of(["v", "v: 1", "=", "[x]", "v\\=1", "export v=1"]))
    return "\n".join(lines)


def host_line(pick: Pick) -> str:
    """A host with its variables."""
    words = [pick.host()] + [f"{pick.variable()}={value(pick)}" for _ in range(pick.count(3))]
    if pick.odd(0.2):
        words.append(pick.of(["x", "=", "#c", "# c", ";c", "'", "a =1", "a= 1", "\\"]))
    if pick.odd(0.2):
        words.insert(0, pick.space())
    line = words[0]
    for word in words[1:]:
        line += pick.space() + word
    return line


def mutated(pick: Pick, text: str) -> str:
    """The text, now and then with characters added, removed, or exchanged."""
    if not text or not pick.odd(0.6):
        return text
    for _ in range(1 + pick.count(3)):
        at, end = sorted(pick.rng.randint(0, len(text)) for _ in range(2))
        end = min(end, at + 6)
        extra = pick.rng.choice([*"[]{}:=#'\"\\,-!&*|>%@~ \n\t;.0aé", "\n\n", " #", ": ", "- ", "---\n", "...\n", *ODD_SPACES])
        kind = pick.rng.randrange(4)
        replacement = extra if kind == 0 else "" if kind == 1 else text[at:end] * 2 if kind == 2 else extra + text[at:end]
        text = text[:at] + replacement + text[at if kind == 0 else end:]
    return text


def scalar(pick: Pick, indent: int) -> str:
    """A value in YAML, its further lines indented."""
    return pick.of(PLAIN_SCALARS, YAML_SCALARS, 3).replace("\n", "\n" + " " * indent)


def key(pick: Pick, name: str) -> str:
    """A key in YAML."""
    if pick.odd(0.15):
        return pick.rng.choice(YAML_ODD_KEYS)
    plain = name and name[0].isalnum() and not set(name) & set(":#[]{},\\'\"\n\t=") and name not in ("true", "no", "1", "1.5", "2001")
    if pick.odd(0.3) or (plain and not pick.odd(0.3)):
        return name
    return json.dumps(name, ensure_ascii=pick.chance(0.5)) if "'" in name or pick.chance(0.5) else f"'{name}'"


def mapping(pick: Pick, indent: int, most: int = 4) -> str:
    """Variables in YAML, a block mapping."""
    pad = " " * indent
    lines = []
    for _ in range(1 + pick.count(most - 1)):
        if pick.chance(0.15):
            lines.append(f"{pad}{key(pick, pick.variable())}:\n" + nested(pick, indent + 2))
        else:
            lines.append(f"{pad}{key(pick, pick.variable())}: {scalar(pick, indent + 2)}")
    if pick.odd(0.2):
        lines.append(f"{pad}<<: {pick.of(['{m: 1}', '[{m: 1}, {m: 2, v: 0}]', '{v: 0}', '*x', '1', '', '[1]'])}")
    return "\n".join(lines)


def nested(pick: Pick, indent: int) -> str:
    """A mapping or a list below a key."""
    if pick.chance(0.5) or indent > 12:
        return mapping(pick, indent)
    pad = " " * indent
    return "\n".join(f"{pad}- {scalar(pick, indent + 2)}" for _ in range(1 + pick.count(3)))


def yaml(pick: Pick) -> str:
    """A YAML inventory."""
    if pick.odd(0.1):
        return pick.rng.choice(["", "---\n", "{}\n", "null\n", "[]\n", "- a\n", "text\n", "# c\n", "all:\n", "all: {}\n", "plugin: x\n",
                                "plugin: ''\nall:\n  hosts: web1\n", "a: b\n", "all: []\n", "---\n---\n", "all: {hosts: {web1: }}\n...\n", "%YAML 1.2\n---\nall: {hosts: {010: }}\n"])
    head = pick.of(["", "---\n", "# c\n", "%YAML 1.1\n---\n", "\ufeff"]) if pick.odd() else ""
    groups = [pick.group() for _ in range(1 + pick.count(2))]
    text = head + "\n".join(yaml_group(pick, group, 0) for group in (["all"] if pick.chance(0.6) else []) + groups)
    return mutated(pick, text + ("\n" if pick.chance(0.9) else ""))


def yaml_group(pick: Pick, group: str, indent: int) -> str:
    """A group and what is in it."""
    pad = " " * indent
    lines = [f"{pad}{key(pick, group)}:"]
    if pick.odd(0.1):
        return lines[0] + " " + pick.of(["{}", "[]", "null", "text", "1", "{hosts: web1}", "{hosts: {web1: , db1: {v: 1}}}", "{vars: }", "''", "false"])
    sections = ["hosts", "vars", "children"]
    for name in [s for s in sections if pick.chance(0.5)] + (["foo"] if pick.odd(0.1) else []):
        lines.append(yaml_section(pick, name, indent + 2))
    return "\n".join(lines)


def yaml_section(pick: Pick, name: str, indent: int) -> str:
    """`hosts`, `vars` or `children` of a group."""
    pad = " " * indent
    if pick.odd(0.15):
        return f"{pad}{name}: " + pick.of(["", "{}", "[]", "[web1]", "web1", "null", "1", "''", "g2", "true", "{web1}"])
    if name == "vars":
        return f"{pad}vars:\n" + mapping(pick, indent + 2) + (f"\n{pad}  ansible_group_priority: {scalar(pick, indent + 4)}" if pick.odd(0.3) else "")
    lines = [f"{pad}{name}:"]
    for _ in range(1 + pick.count(3)):
        if name == "children" and indent < 16:
            lines.append(yaml_group(pick, pick.group(), indent + 2))
        else:
            host = f"{pad}  {key(pick, pick.host())}:"
            lines.append(host + "\n" + mapping(pick, indent + 4, 2) if pick.chance(0.3) else host + (" " + scalar(pick, indent + 4) if pick.odd(0.1) else ""))
    return "\n".join(lines)


def vars_file(pick: Pick) -> str:
    """A vars file."""
    if pick.odd(0.3):
        return pick.rng.choice(["", "---\n", "{}\n", "null\n", "[]\n", "- a\n", "text\n", "0\n", "false\n", "# c\n", "1.5\n", "''\n", "---\n...\n", '{"v": 1}', '{"v": 1, "v": 2}',
                                '{"v": NaN}', '{"v": 1.0, "w": [1e3, 1E400], "x": "\\ud800"}', "\ufeffv: 1\n", "v: 1\n---\nw: 2\n", "v=1\n", '{"v": 1,}', "{v: 1}\n",
                                '{"v": {"__ansible_unsafe": "{{ x }}"}}', '{"v": {"__ansible_vault": "x"}}', '{"v": 010}', '{"v": "a\tb"}', '{"v":\u00a01}', '[]]', '{"ansible_group_priority": 5}'])
    text = (("---\n") if pick.chance(0.5) else "") + mapping(pick, 0)
    if pick.chance(0.1):
        text += f"\nansible_group_priority: {pick.of(['5', '-1', '20'], YAML_SCALARS)}"
    return mutated(pick, text + "\n")


JSON_VALUES = [1, 0, -1, 1.0, 1.5, 10**25, 1e400, -1e400, float("nan"), True, False, None, "x", "", "1", "{{ v }}", "é", "\U0001f600", [], {}, [1, "a", None],
               {"a": {"b": [1.0]}}, {"__ansible_unsafe": "{{ x }}"}, {"__ansible_vault": "$ANSIBLE_VAULT;1.1;AES256\n61\n"}, {"1": 2}, "\u2028", "a\nb", "\u0000", [[[[1]]]],
               {"__ansible_unsafe": 1}, {"__ansible_unsafe": "x", "y": 1}, {"__ansible_type": "x"}, {"__ansible_vault": 1}, "2020-01-01", "yes"]


def json_vars(pick: Pick) -> object:
    """Variables in a script's output."""
    if pick.odd(0.1):
        return pick.rng.choice([None, [], "x", 1, {}])
    return {pick.variable(): pick.rng.choice(JSON_VALUES if pick.odd(3) else [1, "x", True, [1]]) for _ in range(pick.count(3))}


def json_hosts(pick: Pick, hosts: list[str]) -> object:
    """A list of hosts in a script's output."""
    if pick.odd(0.1):
        return pick.rng.choice([None, {}, "web1", ["web1", 1], [None], [""], ["web1", ["db1"]], [True]])
    return [pick.rng.choice(hosts) for _ in range(pick.count(4))]


def json_group(pick: Pick, hosts: list[str], below: list[str]) -> object:
    """A group in a script's output."""
    if pick.odd(0.2):
        return pick.rng.choice([json_hosts(pick, hosts), json_vars(pick), None, "web1", {}, {"foo": 1}, 1, ["web1"]])
    group: dict[str, object] = {}
    if pick.chance(0.7):
        group["hosts"] = json_hosts(pick, hosts)
    if pick.chance(0.4):
        group["vars"] = json_vars(pick)
    if pick.chance(0.4):
        group["children"] = [pick.known_group(below) for _ in range(pick.count(3)) if below]
        if pick.odd(0.1):
            group["children"] = pick.rng.choice([None, "g1", {}, {"g1": 1}, [1], ["nope"], [""]])
    if pick.odd(0.1):
        group["other"] = 1
    return group or {"hosts": []}


def script_data(pick: Pick) -> tuple[dict[str, object], dict[str, object]]:
    """A script's `--list`, and what it gives for single hosts."""
    hosts = [pick.host() for _ in range(1 + pick.count(5))]
    groups = list(dict.fromkeys(pick.group() for _ in range(1 + pick.count(4))))
    data = {group: json_group(pick, hosts, groups[at + 1:]) for at, group in enumerate(groups)}
    per_host = {host: json_vars(pick) for host in hosts + [pick.rng.choice(HOSTS)] if pick.chance(0.6)}
    if pick.chance(0.7):
        data["_meta"] = {"hostvars": per_host}
        if pick.odd(0.1):
            data["_meta"] = pick.rng.choice([{}, None, [], {"hostvars": None}, {"hostvars": []}, {"hostvars": per_host, "profile": "inventory_legacy"},
                                             {"hostvars": per_host, "profile": "legacy"}, {"hostvars": per_host, "profile": "inventory_x"}, {"hostvars": per_host, "profile": 1}])
        if pick.chance(0.3):
            data = {"_meta": data.pop("_meta"), **data}
    return data, per_host


def script(pick: Pick) -> str:
    """A script that prints an inventory."""
    data, per_host = script_data(pick)
    printed = json.dumps(data, ensure_ascii=pick.chance(0.5))
    if pick.odd(0.2):
        printed = mutated(pick, printed).replace("\0", "").encode("utf-8", "ignore").decode()
    lines = ["#!/bin/sh", 'case "$1 $2" in']
    for host, variables in per_host.items():
        if "\0" not in host:
            lines.append(f"{shlex.quote('--host ' + host)}) printf %s {shlex.quote(json.dumps(variables))};;")
    other = pick.of(["printf '{}'", ":", "printf '{}'"])
    lines += [f"'--list ') printf %s {shlex.quote(printed.replace(chr(0), ''))};;", f"*) {other};;", "esac"]
    if pick.odd(0.05):
        lines.append(pick.of(["exit 1", "echo x >&2", "kill -9 $$"]))
    return "\n".join(lines) + "\n"
