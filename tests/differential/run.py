#!/usr/bin/env python3
"""Compares what Ansible reads from generated inventories with what it reads from our `--list`.

Runs with the Python of the Ansible to compare with. A case that differs is kept as a folder, which --replay takes.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

import cases
import patterns
import reading
from pools import Pick
from reading import Reading, Rejected

# Where this project differs on purpose: Ansible reads the source, and the message says why it is refused.
REFUSED = [
    "has variables and the name of a group",  # Ansible would give them to the group when reading our output
    "is encrypted as a whole",
    "makes too many hosts",
    "the output of an inventory script",  # a group `_meta` cannot be written
    "the group `_meta` cannot be written",
    "an inventory cannot hold bytes",  # `ansible-inventory --list` fails
    "a date cannot be a key",  # the same
    "half of a surrogate pair",
    "the text is not valid UTF-8",  # in INI Ansible keeps such bytes
    "the directory holds no inventory",  # a warning
    "is a string, not a list",  # a script's `children`: Ansible takes each character for a group
    "is not supported: write the character itself",  # \\N{NAME} in a Python string
    "cannot be added: ",  # a group or host named like one of the plan's
]


def own(name: str) -> bool:
    """Whether a group is one of the plan's."""
    return name == "regal" or name == "probe" or name.startswith("probe_group")


def run(program: str, folder: pathlib.Path, arguments: list[str]) -> subprocess.CompletedProcess[bytes]:
    """Runs the program in a folder; a hang is an error."""
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    return subprocess.run([program, *arguments], cwd=folder, env=environment, capture_output=True, timeout=300)


def compare(program: str, folder: pathlib.Path, sources: list[str]) -> tuple[list[str], Reading | None]:
    """What differs between Ansible's reading of the sources and of our output; and the former."""
    arguments = [argument for source in sources for argument in ("-i", source)]
    done = run(program, folder, [*arguments, "--list", "--versions", "probe=all"])
    message = done.stderr.decode("utf-8", "replace")
    if done.returncode not in (0, 1) or "panicked" in message:
        return [f"exit code {done.returncode}: {message}"], None
    yaml_failures.clear()
    try:
        wanted = reading.read(sources)
    except Rejected as rejected:
        empty_folder = pathlib.Path(str(rejected).rpartition(" ")[2]).is_dir()  # a warning, but for the setting used here
        fine = done.returncode == 1 or empty_folder
        return ([] if fine else [f"accepted, but Ansible says: {rejected}"]), None
    if has_odd_ungrouped(wanted):
        return [], None
    if done.returncode == 1:
        if done.stdout:
            return ["failed with output on stdout"], None
        deliberate = yaml_failures or any(text in message for text in REFUSED)
        return ([] if deliberate else [f"rejected, but Ansible accepts: {message}"]), None
    script = folder.parent / "written-back"  # not beside the source's vars files
    script.with_suffix(".json").write_bytes(done.stdout)
    script.write_text('#!/bin/sh\nexec cat "$0.json"\n', encoding="utf-8")
    script.chmod(0o755)
    try:
        found = reading.read([str(script)])
    except Rejected as rejected:
        return [f"Ansible cannot read our output: {rejected}"], None
    return differences(wanted, found), wanted


def has_odd_ungrouped(wanted: Reading) -> bool:
    """Whether `ungrouped` has children, or a parent of its own: Ansible then forgets relations as it empties it."""
    parents = {name for name, group in wanted.groups.items() if "ungrouped" in group.children}
    return bool(wanted.groups["ungrouped"].children) or parents != {"all"}


def differences(wanted: Reading, found: Reading) -> list[str]:
    """What differs; the plan's groups and `ungrouped`, from which batches take hosts, are not compared."""
    texts = []
    groups = {name: group for name, group in found.groups.items() if not own(name)}
    if set(groups) != set(wanted.groups):
        texts.append(f"groups: {sorted(groups)}, Ansible: {sorted(wanted.groups)}")
    for name in groups.keys() & wanted.groups.keys():
        ours, theirs = groups[name], wanted.groups[name]
        if name != "ungrouped" and ours.hosts != theirs.hosts:
            texts.append(f"hosts of {name!r}: {ours.hosts}, Ansible: {theirs.hosts}")
        children = {child for child in ours.children if not own(child)}
        if children != theirs.children:
            texts.append(f"children of {name!r}: {sorted(children)}, Ansible: {sorted(theirs.children)}")
    if set(found.hosts) != set(wanted.hosts):
        texts.append(f"all hosts: {sorted(found.hosts)}, Ansible: {sorted(wanted.hosts)}")
    for host in found.hosts.keys() & wanted.hosts.keys():
        ours_vars = {name: value for name, value in found.hosts[host].items() if not name.startswith("regal_")}
        for name in ours_vars.keys() | wanted.hosts[host].keys():
            ours_value, theirs_value = ours_vars.get(name, "absent"), wanted.hosts[host].get(name, "absent")
            if ours_value != theirs_value:
                texts.append(f"{host!r}.{name}: {ours_value}, Ansible: {theirs_value}")
    return texts


yaml_failures: list[str] = []


def watch_yaml() -> None:
    """Notes files that are YAML mappings and that Ansible's YAML reader refuses: Ansible then takes them for INI."""
    plugin = reading.inventory_loader.get("yaml")
    original = type(plugin).parse

    def parse(self: object, inventory: object, loader: object, path: str, cache: bool = True) -> None:
        try:
            original(self, inventory, loader, path, cache)
        except Exception:
            try:
                data = loader.load_from_file(path, cache="none")  # type: ignore[attr-defined]
            except Exception:
                data = None
            if isinstance(data, dict) and data:
                yaml_failures.append(path)
            raise

    type(plugin).parse = parse


def main() -> int:
    """Runs the cases; 1 where one differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--seed", default=str(int(time.time())), help="any text; chooses the cases")
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--patterns", type=int, default=0, help="host patterns to try on each inventory")
    parser.add_argument("--most", type=int, default=5, help="stop after this many failures")
    parser.add_argument("--keep", type=pathlib.Path, default=pathlib.Path("differential-failures"))
    parser.add_argument("--replay", type=pathlib.Path)
    options = parser.parse_args()
    options.program = str(pathlib.Path(options.program).resolve())
    reading.quiet()
    watch_yaml()
    if options.replay:
        folder = options.replay.resolve()
        texts = in_folder(options, folder, cases.load(folder), folder.name)
        print("\n".join(texts) or "no difference")
        return int(bool(texts))
    failures = accepted = 0
    started = time.monotonic()
    for number in range(options.first, options.first + options.cases):
        seed = f"{options.seed}:{number}"
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name) / "case"
            folder.mkdir()
            case = cases.generate(seed)
            case.write(folder)
            (folder / "sources.json").write_text(json.dumps(case.sources), encoding="utf-8")
            texts = in_folder(options, folder, case, seed)
            accepted += (folder.parent / "written-back").exists()
            if texts:
                failures += 1
                kept = options.keep / seed.replace(":", "-")
                shutil.rmtree(kept, ignore_errors=True)
                shutil.copytree(folder, kept)
                print(f"case {seed}, in {kept}:", *(f"  {text[:600]}" for text in texts[:5]), sep="\n", flush=True)
            if failures >= options.most:
                break
    print(f"{number + 1 - options.first} cases of seed {options.seed}, {accepted} read by both, {failures} differ, {time.monotonic() - started:.0f} s")
    return int(failures > 0)


def in_folder(options: argparse.Namespace, folder: pathlib.Path, case: cases.Case, seed: str) -> list[str]:
    """What differs in one case."""
    sources = [source if "," in source else str(folder / source) for source in case.sources]
    try:
        texts, wanted = compare(options.program, folder, sources)
        names = "".join(wanted.hosts) if wanted else ""
        if not texts and wanted and wanted.hosts and not set(names) & set(",'\"\\"):
            arguments = [argument for source in sources for argument in ("-i", source)]
            pick = Pick(random.Random(seed), 0.1)
            for _ in range(options.patterns):
                texts += patterns.compare(pick, wanted.manager, lambda more: run(options.program, folder, [*arguments, *more]))
    except subprocess.TimeoutExpired:
        texts = ["no answer in 20 s"]
    return texts


if __name__ == "__main__":
    sys.exit(main())
