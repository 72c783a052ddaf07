# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt)
"""The batch groups and their sizes, for `hosts:` and `serial:` of the shipped playbooks."""

from __future__ import annotations

DOCUMENTATION = """
name: rollout_plan
author:
  - regal-inventory (@regal-inventory)
short_description: the batches of a run of rollout.yml or rollback.yml
description:
  - Works out the plan of a run from the groups of the inventory and the C(rollout_) variables, and refuses one that cannot be right.
  - Made for the shipped playbooks; for a playbook of your own there are P(regal.rollout.batch_groups#lookup) and
    P(regal.rollout.batch_sizes#lookup).
options:
  _terms:
    description: C(groups) for the names of the batch groups in order, C(sizes) for the number of hosts in each wave, or C(again) for the
      groups of the run that is over, in a play after it.
    required: true
  back:
    description: whether the batches are rolled back
    type: bool
    default: false
  binary:
    description: the program, as for P(regal.rollout.batches#inventory), to ask how far the rollout of a frozen plan is
    type: path
    env:
      - name: REGAL_INVENTORY_BINARY
    ini:
      - section: regal_rollout
        key: binary
"""

EXAMPLES = """
- name: Roll out batch by batch
  hosts: "{{ query('rollout_plan', 'groups') }}"
  serial: "{{ query('rollout_plan', 'sizes') }}"
"""

RETURN = """
_raw:
  description: names of groups, or numbers of hosts
  type: list
  elements: raw
"""

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ansible import constants as C
from ansible import context
from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible.release import __version__ as ansible_version
from ansible.utils.display import Display

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugin_utils"))
from regal_rollout import batches, configuration, plan, program, run, settings  # noqa: E402
from regal_rollout.hooks import Hooks  # noqa: E402
from regal_rollout.recording import Recording  # noqa: E402
from regal_rollout.standing import Standing  # noqa: E402


# A pattern that no host is of, which ends a play at once.
NOBODY = ["!all"]


class LookupModule(LookupBase):
    """Asked before there is any host: only variables of -e and of the play are there, and `groups`."""

    def run(self, terms: list[str], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[Any]:
        # `variables` are as they stand: up to ansible-core 2.18 a template that looks at `groups` would run what a host's name says.
        there = dict(variables or {})
        groups = there.get("groups") or {}
        if not groups.get("all"):
            # Without any host there is nothing to protect: localhost lets --syntax-check pass, and a real run fails in its first task.
            return [1] if terms[0] == "sizes" else ["localhost"]
        if terms[0] == "again":
            if run.CURRENT.over:
                return NOBODY
            return [batch.group for batch in run.CURRENT.run.plan.chosen] if run.CURRENT.run else ["localhost"]
        _refuse_templates(groups["all"])
        _refuse_leaps()
        if terms[0] == "sizes" and (pending := run.CURRENT.pending):
            # The clock and the record go on, and the sizes are those of the hosts that `hosts:` has.
            return [len(wave.hosts) for wave in pending.waves]
        standing = self._standing(groups, there.get("ansible_inventory_sources") or ())
        made = self._plan(there, groups, bool(kwargs.get("back")), standing)
        if made.problems:
            if run.CURRENT.refused:
                run.CURRENT.refused(made)
            failed = [] if made.every else self._failed(there.get("ansible_inventory_sources") or ())
            raise AnsibleLookupError("\n".join([*failed, "; ".join(made.problems)]))
        if made.over:
            return _nothing_to_do(terms[0], made)
        if terms[0] == "sizes":
            return [len(wave.hosts) for wave in made.waves]
        run.begin(made)
        run.CURRENT.pending = made
        return made.patterns

    def _standing(self, groups: Mapping[str, list[str]], sources: Iterable[str]) -> Standing | None:
        """Returns how far the rollout of a frozen plan is, nothing where the plan is not frozen."""
        recording = run.CURRENT.recording
        if recording:
            _refuse_parts()
        elif Standing.of_groups(groups) and (frozen := configuration.frozen_among(sources)):
            # Hosts or tasks are listed, and no callback was loaded that knows the plan.
            recording = Recording(frozen, self._program)
        try:
            standing = recording.standing() if recording else Standing.of_groups(groups)
            if standing and standing.record:
                _refuse_record_as_inventory(standing.record, sources)
            return standing
        except program.Refusal as refusal:
            raise AnsibleLookupError(str(refusal).removeprefix("error: ")) from None

    def _failed(self, sources: Iterable[str]) -> list[str]:
        """Returns why a source of ours gave nothing, which to Ansible was only a warning."""
        try:
            return program.failures(self._program(), configuration.ours_among(sources))
        except program.Refusal as refusal:
            return [str(refusal).removeprefix("error: ")]

    def _program(self) -> str:
        self.set_options(direct={})
        named, origin = self.get_option_and_origin("binary")
        return program.find(named, str(origin))

    def _plan(self, there: dict[str, Any], groups: Mapping[str, list[str]], back: bool, standing: Standing | None) -> plan.Plan:
        there |= {name: self._templar.template(there[name]) for name in settings.SETTINGS if _is_template(there.get(name))}
        found = settings.read(there, back)
        hooks = Hooks(found.text("rollout_hooks") or Path(there["playbook_dir"], "hooks"), found.text("rollout_because"))
        hosts, limit = there.get("ansible_play_hosts_all") or [], str(there.get("ansible_limit") or "")
        return plan.make(found, hooks, groups, hosts, limit, standing, run.CURRENT.variables_of)


def _refuse_parts() -> None:
    for option in ("tags", "skip_tags"):
        if given := [tag for tag in context.CLIARGS.get(option) or () if tag != "all"]:
            raise AnsibleLookupError(
                f"--{option.replace('_', '-')} {','.join(given)}: a part of the hooks would be recorded as the whole; leave it out, or use"
                " an inventory that is not a frozen plan"
            )


def _refuse_record_as_inventory(record: str, sources: Iterable[str]) -> None:
    """Ansible reads every file of a folder as an inventory, and from its first line on the record would be one that fails."""
    path = Path(record).resolve()
    ignored = path.name.endswith(tuple(C.INVENTORY_IGNORE_EXTS)) or any(re.search(pattern, path.name) for pattern in C.INVENTORY_IGNORE_PATTERNS)
    for folder in [] if ignored else sources:
        if Path(folder).is_dir() and Path(folder).resolve() in path.parents:
            raise AnsibleLookupError(
                f"{record}: the record is in {folder}, a folder of inventories, where Ansible would read it as one. Set ignore_patterns ="
                " \\.rollout\\.jsonl$ under [inventory] in ansible.cfg, or keep frozen plans in another folder"
            )


def _nothing_to_do(term: str, made: plan.Plan) -> list[Any]:
    """Says that the record knows of nothing left to do, and returns what ends the play at once; a number for `serial`."""
    if term == "sizes":
        Display().display(f"\nnothing is left to do of {', '.join(made.settings.versions)}, by the record of {made.standing.plan if made.standing else ''}")
        return [1]
    run.CURRENT.over = True
    return NOBODY


def _is_template(value: object) -> bool:
    return isinstance(value, str) and "{{" in value and not settings.of_the_play(value)


def _refuse_templates(hosts: list[str]) -> None:
    if found := batches.templates(hosts, ansible_version):
        raise AnsibleLookupError(f"the name of a host is a template, which Ansible before 2.19 would run: {', '.join(found)}")


def _refuse_leaps() -> None:
    """Without the tasks that open a batch nothing would be known of it."""
    if context.CLIARGS.get("start_at_task"):
        raise AnsibleLookupError("--start-at-task skips the begin of the first batch; give rollout_from, or run the command that was printed")
    for tag in sorted({"always", "tagged"}.intersection(context.CLIARGS.get("skip_tags") or ())):
        raise AnsibleLookupError(f"--skip-tags {tag} skips what opens and closes each batch; name the tags of your hooks")
