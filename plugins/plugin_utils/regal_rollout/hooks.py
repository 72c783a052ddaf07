# SPDX-License-Identifier: MIT
"""The folder of hooks: which are there, and what is wrong with it."""

from __future__ import annotations

import os
import re
from pathlib import Path

NEEDED = ("drain", "deploy", "check", "enable")
# Of a host; of the load balancer; of the run; and what their handlers are.
OPTIONAL = ("installed", "front", "begin", "gate", "approve", "end", "handlers")
_PLAY = re.compile(r"^(?:- |  )(?:hosts|import_playbook|ansible\.builtin\.import_playbook)\s*:", re.MULTILINE)
_NOTIFIES = re.compile(r"notify|role|include|import")
_COMMENT = re.compile(r"(?m)^\s*#.*$")


class Hooks:
    """A folder of hooks, of which some may not be used: a way back that began by itself is within its rollout."""

    def __init__(self, folder: str | os.PathLike[str], because: str = "") -> None:
        self.folder = Path(os.path.realpath(folder))
        self._unused = ("begin", "end") if because else ()

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.yml"

    def has(self, name: str) -> bool:
        return self.path(name).is_file()

    def usable(self, name: str) -> bool:
        """Whether Ansible is to read it: a file of tasks, as far as can be seen, that is not empty."""
        return name not in self._unused and self.has(name) and not self._play_in(name) and bool(_COMMENT.sub("", self._text(name)).strip(" -\n"))

    def problems(self) -> list[str]:
        found = [f"no hook {self.path(name)}" for name in NEEDED if not self.has(name)]
        known = {f"{name}.yml" for name in NEEDED + OPTIONAL}
        for name in NEEDED + OPTIONAL:
            if self.has(name) and (line := self._play_in(name)):
                found.append(f"{self.path(name)}:{line}: a hook is a list of tasks, this is a play; move what stands under tasks: to the file's top")
            elif "clear_host_errors" in _COMMENT.sub("", self._text(name)):
                found.append(f"{self.path(name)}: clear_host_errors makes Ansible forget the hosts that failed; use a block with a rescue")
            elif name in NEEDED and self.has(name) and not self.usable(name):
                found.append(f"the hook {self.path(name)} is empty; give it a task, be it a debug that says why nothing is to be done")
        if self.folder.is_dir():
            others = sorted(entry for entry in self.folder.iterdir() if entry.is_file() and entry.name not in known)
            found += [f"not a hook: {entry}" for entry in others]
        return found

    def read_the_target(self) -> bool:
        """Whether deploy.yml or check.yml reads what is to be installed, apart from comments."""
        return any("rollout_target" in _COMMENT.sub("", self._text(name)) for name in ("deploy", "check"))

    def may_notify(self, name: str) -> bool:
        """Whether a hook may notify a handler, by itself or by what it takes in."""
        return bool(_NOTIFIES.search(_COMMENT.sub("", self._text(name))))

    def _text(self, name: str) -> str:
        try:
            return self.path(name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def _play_in(self, name: str) -> int:
        """Returns the line where a play begins, or 0."""
        match = _PLAY.search(self._text(name))
        return self._text(name).count("\n", 0, match.start()) + 1 if match else 0
