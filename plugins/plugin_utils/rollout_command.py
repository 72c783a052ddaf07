# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt)
"""The command that resumes this run: the one that started it, in its environment, with other rollout variables."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import yaml
from ansible.cli.playbook import PlaybookCLI
from ansible.errors import AnsibleError
from ansible.parsing.splitter import parse_kv
from regal_rollout.settings import SETTINGS

# Read by Ansible, or by the regal-inventory that it runs.
PREFIXES = ("ANSIBLE_", "REGAL_")
# Only of this terminal, or of a program that Ansible runs.
PASSED_OVER = {"ANSIBLE_NOCOLOR", "ANSIBLE_FORCE_COLOR", "REGAL_INVENTORY_RUNNING"}
# Of the one run that ansible-runner makes, and so AWX.
OF_THE_RUNNER = {"ANSIBLE_CACHE_PLUGIN", "ANSIBLE_CACHE_PLUGIN_CONNECTION", "ANSIBLE_CALLBACK_PLUGINS", "ANSIBLE_STDOUT_CALLBACK"}
SECRET = re.compile(r"pass(word|wd|phrase)?(?!.*file)|pwd|secret|token|credential|(api|private|access)_?key(?!.*file)", re.IGNORECASE)
# Where a shell finds programs that nobody has told it about.
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Word(NamedTuple):
    """A word of a command. One that may be secret is not printed, but `asked` for."""

    text: str
    asked: str = ""

    def printed(self) -> str:
        return self.asked or shlex.quote(self.text)


def command(settings: Mapping[str, str | None], limit: str = "", playbook: str = "") -> str:
    """Returns one text, to be given to a shell in the same folder.

    `settings` are all rollout variables; the command is to have those that are not None. `limit` and `playbook` stand in for what was
    typed where they are not empty.
    """
    return " ".join([*_environment(), _program(), *(word.printed() for word in _words(settings, limit, playbook))])


def words(settings: Mapping[str, str | None], playbook: str) -> list[str]:
    """Returns the same command as words for a new process, which has this one's environment, with what may be secret as it is."""
    program = os.path.abspath(sys.argv[0])
    if not os.access(program, os.X_OK):
        raise AnsibleError(f"{program} is not a program that can be started")
    return [program, *(word.text for word in _words(settings, "", playbook))]


def rollback() -> str:
    """Returns the rollback that goes with the rollout that was typed, or nothing where another playbook was."""
    args = _typed().args
    match = re.fullmatch(r"(?s)(.*[/.]|)rollout(\.ya?ml)?", args[0]) if len(args) == 1 else None
    return f"{match[1]}rollback{match[2] or ''}" if match else ""


def asks_for(variable: str, what: str) -> str:
    """Returns a word that a shell takes from its variable, or stops at."""
    return f'"${{{variable}:?set it: {what}}}"'


def _parser() -> argparse.ArgumentParser:
    cli = PlaybookCLI(["ansible-playbook"])
    cli.init_parser()
    return cli.parser


def _typed() -> argparse.Namespace:
    """Returns the options of the command line as they were typed."""
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            return _parser().parse_args(sys.argv[1:])
    except SystemExit as exit_:
        raise AnsibleError("this is not a run of ansible-playbook") from exit_


def _environment() -> Iterator[str]:
    passed_over = PASSED_OVER | (OF_THE_RUNNER if os.environ.get("ANSIBLE_STDOUT_CALLBACK") == "awx_display" else set())
    for name in sorted(os.environ):
        if name.startswith(PREFIXES) and name not in passed_over:
            yield f"{name}=" + (asks_for(name, name) if SECRET.search(name) else shlex.quote(os.environ[name]))


def _program() -> str:
    program = os.path.abspath(sys.argv[0])
    name = os.path.basename(program)
    return name if shutil.which(name, path=SYSTEM_PATH) == program else shlex.quote(program)


def _words(settings: Mapping[str, str | None], limit: str, playbook: str) -> Iterator[Word]:
    """Yields what follows the program."""
    typed = _typed()
    yield from map(Word, _options(typed))
    if limit := limit or str(typed.subset or ""):
        yield from (Word("--limit"), Word(limit))
    yield from [Word(playbook)] if playbook else map(Word, typed.args)
    yield from _extra_vars(typed.extra_vars or [], set(SETTINGS))
    for name, value in settings.items():
        if value is not None:
            yield from (Word("-e"), Word(_assignment(name, value)))


def _options(typed: argparse.Namespace) -> Iterator[str]:
    """Yields the options that differ from their defaults, but for those that are made again."""
    for action in _parser()._actions:  # argparse has no other list of them
        if not action.option_strings or action.dest in ("extra_vars", "subset", "help", "version"):
            continue
        value = getattr(typed, action.dest)
        if value == action.default:
            continue
        option = "-i" if action.dest == "inventory" else action.option_strings[-1]
        if isinstance(value, bool):
            yield option
        elif action.dest == "verbosity":
            yield "-" + "v" * (value - int(action.default or 0))
        else:
            for item in value if isinstance(value, (list, tuple)) else [value]:
                yield from (option, str(item))


def _extra_vars(given: list[str], made_again: set[str]) -> Iterator[Word]:
    """Yields the variables that are not the rollout's own, which come after them and so win."""
    for number, text in enumerate(given, 1):
        values = _values(text)
        if values and made_again.issuperset(values):
            continue
        secret = next((name for name in _names(values) if SECRET.search(name)), None)
        asked = asks_for(f"EXTRA_VARS_{number}", f"what is to be given with -e for {secret}") if secret else ""
        yield from (Word("-e"), Word(text, asked))


def _values(text: str) -> dict[str, Any]:
    """Returns what `-e` gives, nothing where that is a file."""
    if text.startswith("@"):
        return {}
    if not text.startswith(("{", "[")):
        return dict(parse_kv(text))
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}
    return values if isinstance(values, dict) else {}


def _names(value: Any) -> Iterator[str]:
    """Yields the names in a mapping and all that it holds."""
    if isinstance(value, dict):
        yield from map(str, value)
    if isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _names(part)


def _assignment(name: str, value: str) -> str:
    """Returns an argument for `-e`, as JSON where Ansible would split or unquote it."""
    return f"{name}={value}" if re.fullmatch(r"[\w./:,@%+~-]*", value) else json.dumps({name: value}, ensure_ascii=False)
