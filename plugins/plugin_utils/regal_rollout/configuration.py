# SPDX-License-Identifier: MIT
"""Which files are configurations of regal-inventory, and what ansible.cfg says of the plugins."""

from __future__ import annotations

import configparser
import difflib
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import yaml

# What `plugin` says in a configuration; src/source/engine.rs has the same two.
PLUGINS = ("regal-inventory", "regal.rollout.batches")
LINE = re.compile(r"^plugin:[ \t]*[\"']?([\w.-]+)[\"']?[ \t]*(?:#.*)?$", re.MULTILINE)
# The first line of a frozen plan, which may have any size; src/frozen.rs has the same.
FROZEN = b"#!/usr/bin/env -S regal-inventory --plan\n"
# No configuration is larger, in bytes.
MOST = 1 << 20
SECTION = "regal_rollout"
OPTIONS = ("binary", "progress")


def is_ours(path: str) -> bool:
    """Returns whether a file is a YAML file whose `plugin` says that it is for regal-inventory, whatever else is wrong with it."""
    if not path.endswith((".yml", ".yaml")):
        return False
    try:
        with open(path, "rb") as file:
            data = file.read(MOST + 1)
    except OSError:
        return False
    if data.startswith(FROZEN):
        return True
    if len(data) > MOST or not any(name.encode() in data for name in PLUGINS):
        return False
    return _plugin(data.decode("utf-8-sig", errors="replace")) in PLUGINS


def frozen_among(sources: Iterable[str]) -> str | None:
    """Returns the frozen plan among the sources of an inventory, or directly in a folder of them."""
    for source in map(Path, sources):
        for path in [source] if source.is_file() else sorted(source.glob("*.yml")):
            with suppress(OSError), path.open("rb") as file:
                if file.read(len(FROZEN)) == FROZEN:
                    return str(path)
    return None


def ours_among(sources: Iterable[str]) -> list[tuple[str, str]]:
    """Returns the files of ours among the sources of an inventory, or directly in a folder of them, each with the option that names it."""
    files = [path for source in map(Path, sources) for path in (sorted(source.iterdir()) if source.is_dir() else [source])]
    ours = [str(path) for path in files if path.is_file() and is_ours(str(path))]
    return [("--plan" if frozen_among([path]) else "--config", path) for path in ours]


def _plugin(text: str) -> str | None:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        # What is wrong with it, the program says.
        match = LINE.search(text)
        return match[1] if match else None
    entries = root.value if isinstance(root, yaml.MappingNode) else []
    values = [value.value for key, value in entries if key.value == "plugin" and isinstance(value, yaml.ScalarNode)]
    return values[-1] if values else None


def unknown_options(ansible_cfg: str | None) -> list[str]:
    """Returns what is misspelt in an ansible.cfg, a message for each; Ansible itself skips what it does not know."""
    parser = configparser.RawConfigParser(inline_comment_prefixes=(";",), strict=False)
    try:
        parser.read(ansible_cfg or [], encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return []
    found = []
    for section in parser.sections():
        if section != SECTION and section.startswith("regal"):
            found.append(f"error: {ansible_cfg}: unknown section [{section}]\n  hint: the section is [{SECTION}]")
        elif section == SECTION:
            found += [_unknown(ansible_cfg, option) for option in parser.options(section) if option not in OPTIONS]
    return found


def _unknown(ansible_cfg: str | None, option: str) -> str:
    near = difflib.get_close_matches(option, OPTIONS, 1)
    hint = f"did you mean `{near[0]}`?" if near else "the options here are " + " and ".join(f"`{name}`" for name in OPTIONS)
    return f"error: {ansible_cfg}: unknown option `{option}` in [{SECTION}]\n  hint: {hint}; what regal.yml may say has no place here"
