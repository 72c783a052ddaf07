#!/usr/bin/env python3
"""Compares what Ansible reads under generated `ansible.cfg` files and variables with what it reads, under the same, from our `--list`.

Runs with the Python of the Ansible to compare with. Ansible reads its configuration once for a process, so each reading is a fork that is
told its own. A case that differs is kept as a folder, which --replay takes.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import pickle
import random
import shutil
import subprocess
import sys
import tempfile
import time

import cases
import reading
from pools import Pick
from reading import Reading, Rejected
from run import REFUSED, differences, has_odd_ungrouped, watch_yaml, yaml_failures

import ansible.constants as C
from ansible.config.manager import ConfigManager
from ansible.inventory import manager as inventory_manager

# Where this project differs on purpose, besides.
REFUSED_HERE = [
    "and Ansible keeps `",  # of a reader that failed
    "is a regular expression that only Python has",
    "did not end within",
    "has the name of a group",
    "the key `",  # duplicate_dict_key=error, in a file that Ansible then takes for INI
]
PLUGINS = ["host_list", "script", "auto", "yaml", "ini", "toml"]
STAGES = ["all_inventory", "groups_inventory", "all_plugins_inventory", "all_plugins_play", "groups_plugins_inventory", "groups_plugins_play"]


def some(pick: Pick, items: list[str], least: int) -> list[str]:
    """Some of the items, in any order."""
    return pick.rng.sample(items, pick.rng.randint(least, len(items)))


def value(pick: Pick, name: str) -> str:
    """A value of a setting."""
    rng = pick.rng
    if name == "ignore_patterns":
        return ", ".join(rng.sample(["a$", "^hosts0", "[.]ini$", "sub", "'x'", "deep", "^b", r"\.y.?ml", "README"], rng.randint(1, 2)))
    if name == "ignore_extensions":
        return ",".join(rng.sample([".ini", ".yml", ".orig", ".bak2", "s0", ".json", "~", '".cfg"'], rng.randint(1, 3)))
    if name == "enable_plugins":
        names = some(pick, PLUGINS, 3) if rng.random() < 0.5 else rng.sample(PLUGINS, len(PLUGINS))
        names = ["advanced_host_list" if name == "host_list" and rng.random() < 0.5 else name for name in names]
        return ", ".join(f"ansible.builtin.{name}" if rng.random() < 0.1 else name for name in names)
    if name == "yaml_valid_extensions":
        return ", ".join(some(pick, [".yml", ".yaml", ".json", ".conf", "yml", ".ini"], 1))
    if name == "precedence":
        return ", ".join(some(pick, STAGES, 1) if rng.random() < 0.5 else rng.sample(STAGES, len(STAGES)))
    words = {
        "hash_behaviour": ["merge", "merge", "replace"],
        "force_valid_group_names": ["always", "never", "ignore", "silently"],
        "duplicate_dict_key": ["error", "warn", "ignore"],
        "run_vars_plugins": ["demand", "start"],
        "stage": ["task", "inventory", "all"],
        "vars_plugins_enabled": ["host_group_vars", "ansible.builtin.host_group_vars", "''"],
    }
    return rng.choice(words[name])


# name, section, variable, how often
SETTINGS = [
    ("ignore_patterns", "inventory", "ANSIBLE_INVENTORY_IGNORE_REGEX", 0.15),
    ("ignore_extensions", "inventory", "ANSIBLE_INVENTORY_IGNORE", 0.15),
    ("enable_plugins", "inventory", "ANSIBLE_INVENTORY_ENABLED", 0.3),
    ("yaml_valid_extensions", "defaults", "ANSIBLE_YAML_FILENAME_EXT", 0.15),
    ("precedence", "defaults", "ANSIBLE_PRECEDENCE", 0.35),
    ("hash_behaviour", "defaults", "ANSIBLE_HASH_BEHAVIOUR", 0.35),
    ("force_valid_group_names", "defaults", "ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS", 0.25),
    ("duplicate_dict_key", "defaults", "ANSIBLE_DUPLICATE_YAML_DICT_KEY", 0.1),
    ("stage", "vars_host_group_vars", "ANSIBLE_VARS_PLUGIN_STAGE", 0.15),
    ("run_vars_plugins", "defaults", "ANSIBLE_RUN_VARS_PLUGINS", 0.1),
    ("vars_plugins_enabled", "defaults", "ANSIBLE_VARS_ENABLED", 0.05),
]


def configure(pick: Pick, case: cases.Case) -> dict[str, str]:
    """Adds an ansible.cfg to a case, or none; gives the variables."""
    sections: dict[str, list[str]] = {"defaults": [], "inventory": []}
    variables = {}
    if not any("," in source for source in case.sources):
        sections["defaults"].append("inventory = " + pick.rng.choice([",", ", ", ",\n   "]).join(case.sources))
    for name, section, variable, often in SETTINGS:
        if pick.rng.random() < often:
            where = pick.rng.random()
            if where < 0.4:
                variables[variable] = value(pick, name)
            if where > 0.3:
                end = pick.rng.choice(["", "", " ; a note", "\n# a note"])
                sections.setdefault(section, []).append(f"{name}{pick.rng.choice([' = ', '=', ': '])}{value(pick, name)}{end}")
    case.files["ansible.cfg"] = "".join(f"[{name}]\n" + "".join(f"{line}\n" for line in lines) for name, lines in sections.items())
    return variables


def reconfigure() -> None:
    """Reads the configuration of the working directory and of the environment, as a new process would."""
    fresh = ConfigManager()
    fresh._plugins = C.config._plugins
    C.config = fresh
    for setting in fresh.get_configuration_definitions():
        setattr(C, setting, fresh.get_config_value(setting, variables=vars(C)))
    skipped = [text.encode() for text in C.INVENTORY_IGNORE_PATTERNS]
    endings = [b"%s$" % inventory_manager.re.escape(text).encode() for text in C.INVENTORY_IGNORE_EXTS]
    inventory_manager.IGNORED = inventory_manager.re.compile(b"|".join(inventory_manager.IGNORED_ALWAYS + skipped + endings))


def read(folder: pathlib.Path, variables: dict[str, str], sources: list[str]) -> tuple[Reading | str, list[str]]:
    """What Ansible reads in a folder, or why it refuses, in a process of its own; and the YAML that it takes for INI."""
    into, out = os.pipe()
    child = os.fork()
    if not child:
        os.close(into)
        try:
            os.chdir(folder)
            for name in [name for name in os.environ if name.startswith("ANSIBLE_")]:
                del os.environ[name]
            os.environ.update(variables, HOME=str(folder.parent), ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED="1", ANSIBLE_LOCALHOST_WARNING="0")
            reconfigure()
            reading.quiet()
            watch_yaml()
            try:
                found: Reading | str = reading.read(sources, "task")
                found.manager = None  # type: ignore[union-attr, assignment]
            except Rejected as rejected:
                found = str(rejected)
        except BaseException as error:
            found = f"{type(error).__name__}: {error}"
        with os.fdopen(out, "wb") as stream:
            pickle.dump((found, list(yaml_failures)), stream)
        os._exit(0)
    os.close(out)
    with os.fdopen(into, "rb") as stream:
        printed = stream.read()
    os.waitpid(child, 0)
    return pickle.loads(printed)


def compare(program: str, folder: pathlib.Path, case: cases.Case, variables: dict[str, str]) -> tuple[list[str], bool]:
    """What differs in a case, and whether both read it."""
    with_commas = any("," in source for source in case.sources)
    arguments = [argument for source in case.sources for argument in ("-i", source)] if with_commas else []
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(folder.parent), **variables}
    call = [program, *arguments, "--list", "--versions", "probe=all"]
    done = subprocess.run(call, cwd=folder, env=environment, capture_output=True, timeout=300, check=False)
    message = done.stderr.decode("utf-8", "replace")
    if done.returncode not in (0, 1) or "panicked" in message:
        return [f"exit code {done.returncode}: {message}"], False
    sources = [source if "," in source else str(folder / source) for source in case.sources]
    wanted, failures = read(folder, variables, sources)
    if isinstance(wanted, str):
        empty_folder = pathlib.Path(wanted.rpartition(" ")[2]).is_dir()  # a warning, but for the setting used here
        return ([] if done.returncode == 1 or empty_folder else [f"accepted, but Ansible says: {wanted}"]), False
    if has_odd_ungrouped(wanted):
        return [], False
    if done.returncode == 1:
        deliberate = failures or any(text in message for text in REFUSED + REFUSED_HERE)
        return (["failed with output on stdout"] if done.stdout else [] if deliberate else [f"rejected, but Ansible accepts: {message}"]), False
    script = folder.parent / "back" / "written-back"  # not beside the source's vars files
    script.parent.mkdir(exist_ok=True)
    script.with_suffix(".json").write_bytes(done.stdout)
    script.write_text('#!/bin/sh\nexec cat "$0.json"\n', encoding="utf-8")
    script.chmod(0o755)
    # whoever takes our output has a reader for it
    found, _ = read(folder, {**variables, "ANSIBLE_INVENTORY_ENABLED": "script"}, [str(script)])
    if isinstance(found, str):
        return [f"Ansible cannot read our output: {found}"], False
    return differences(wanted, found), True


def main() -> int:
    """Runs the cases; 1 where one differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--seed", default=str(int(time.time())), help="any text; chooses the cases")
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--most", type=int, default=5, help="stop after this many failures")
    parser.add_argument("--keep", type=pathlib.Path, default=pathlib.Path("differential-failures"))
    parser.add_argument("--replay", type=pathlib.Path)
    options = parser.parse_args()
    options.program = str(pathlib.Path(options.program).resolve())
    if options.replay:
        folder = options.replay.resolve()
        case = cases.load(folder)
        texts, _ = compare(options.program, folder, case, json.loads((folder / "variables.json").read_text(encoding="utf-8")))
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
            pick = Pick(random.Random("configured:" + seed), 0.0)
            variables = configure(pick, case)
            case.write(folder)
            (folder / "sources.json").write_text(json.dumps(case.sources), encoding="utf-8")
            (folder / "variables.json").write_text(json.dumps(variables), encoding="utf-8")
            texts, both = compare(options.program, folder, case, variables)
            accepted += both
            if texts:
                failures += 1
                kept = options.keep / ("configured-" + seed.replace(":", "-"))
                shutil.rmtree(kept, ignore_errors=True)
                shutil.copytree(folder, kept)
                print(f"case {seed}, in {kept}:", *(f"  {text[:600]}" for text in texts[:5]), sep="\n", flush=True)
            if failures >= options.most:
                break
    print(f"{number + 1 - options.first} cases of seed {options.seed}, {accepted} read by both, {failures} differ, {time.monotonic() - started:.0f} s")
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
