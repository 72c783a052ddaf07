# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt)
"""The file of tasks for a place in the shipped playbooks: a hook, or none."""

from __future__ import annotations

DOCUMENTATION = """
name: rollout_tasks
author:
  - regal-inventory (@regal-inventory)
short_description: the file of tasks for a place in rollout.yml or rollback.yml
description:
  - Chooses what the shipped playbooks import, when they are read, so that a hook that is not there costs no task.
options:
  _terms:
    description: the name of a hook, or of what stands around hooks (C(facts), C(version), C(steps), C(see_installed), C(tell_front),
      C(front_and_handlers), C(handlers_of_HOOK))
    required: true
"""

EXAMPLES = """
- name: Drain
  ansible.builtin.import_tasks: "{{ lookup('rollout_tasks', 'drain') }}"
"""

RETURN = """
_raw:
  description: a path
  type: list
  elements: path
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.plugins.lookup import LookupBase

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugin_utils"))
from regal_rollout.hooks import Hooks  # noqa: E402
from regal_rollout.settings import truth  # noqa: E402

# What stands around an optional hook, in the playbooks' own folder.
_AROUND = {"see_installed": "installed", "tell_front": "front", "front_and_handlers": "front"}


class LookupModule(LookupBase):
    """Returns a path; that of nothing.yml where there is nothing to do, or where the plan is going to be refused for the hook."""

    def run(self, terms: list[str], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[str]:
        there = variables or {}
        own = Path(str(there["playbook_dir"]), "tasks")
        hooks = Hooks(self._text(there, "rollout_hooks") or own.parent / "hooks", self._text(there, "rollout_because"))
        return [str(self._path(terms[0], there, own, hooks))]

    def _path(self, name: str, there: Mapping[str, Any], own: Path, hooks: Hooks) -> Path:
        nothing = own / "nothing.yml"
        if name == "facts":
            return own / "facts.yml" if truth(self._text(there, "rollout_gather_facts")) else nothing
        if name == "version":
            return own / ("version_of_each.yml" if self._text(there, "rollout_waves") == "parallel" else "version.yml")
        if name == "steps":
            return own / ("steps_unless_installed.yml" if hooks.usable("installed") else "steps.yml")
        if name.startswith("handlers_of_"):
            return own / "flush.yml" if hooks.may_notify(name.removeprefix("handlers_of_")) else nothing
        if name == "front_and_handlers" and not hooks.may_notify("front"):
            return hooks.path("front")
        if name in _AROUND:
            return own / f"{name}.yml" if hooks.usable(_AROUND[name]) else nothing
        if hooks.usable(name):
            return hooks.path(name)
        return own / "ask.yml" if name == "approve" else nothing

    def _text(self, there: Mapping[str, Any], name: str) -> str:
        value = there.get(name)
        value = self._templar.template(value) if isinstance(value, str) and "{{" in value else value
        return "" if value in (None, False) else str(value)
