# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt)
"""Opens a batch: checks that it may begin, and works out what its hosts and tasks ask for, once for all of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail, AnsiblePromptInterrupt, AnsiblePromptNoninteractive
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible.utils.vars import load_extra_vars

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugin_utils"))
import rollout_command  # noqa: E402
import rollout_way_back  # noqa: E402
from regal_rollout import events  # noqa: E402
from regal_rollout.batches import Batch  # noqa: E402
from regal_rollout.needs import needed_after_all, version_var  # noqa: E402
from regal_rollout.opening import Opening  # noqa: E402
from regal_rollout.plan import Wave  # noqa: E402
from regal_rollout.policy import policies, target  # noqa: E402
from regal_rollout.program import Refusal  # noqa: E402
from regal_rollout.report import settings_to_go_on  # noqa: E402
from regal_rollout.run import CURRENT, Run  # noqa: E402
from regal_rollout.settings import OWN, of_the_play, truth  # noqa: E402
from regal_rollout.texts import shown  # noqa: E402
from regal_rollout.waiting import let_go  # noqa: E402


NOW = "; the same command goes on then, or now with -e rollout_ignore_windows=true"


class ActionModule(ActionBase):
    """Returns what the tasks of the playbook and the hooks see in `_rollout`; `of` has what is different for each host."""

    BYPASS_HOST_LOOP = True
    _VALID_ARGS = frozenset(())
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        there = task_vars or {}
        run = CURRENT.run
        if not there["groups"].get("all"):
            raise AnsibleActionFail("the inventory has no hosts; see above whether it failed")
        if run is None:
            raise AnsibleActionFail("this is a task of rollout.yml and rollback.yml")
        opened = self._opened(run, there)
        problems = [*_problems(run, there)]
        if opened["first"]:
            problems += [*_problems_at_first(run, there)]
            problems += [*_problem_of_version_var(opened, load_extra_vars(self._loader))]
        problems += [*needed_after_all(opened, there.get("_rollout_without", ()))]
        if problems:
            raise AnsibleActionFail("; ".join(problems))
        if CURRENT.recording and not there.get("ansible_check_mode"):
            wave = run.plan.waves[run.plan.wave_of(there["inventory_hostname"])]
            try:
                ignored = self._hold(run, opened, wave)
                opened["recorded"] = self._recorded(run, opened, there, ignored)
            except Refusal as refusal:
                raise AnsibleActionFail(str(refusal).removeprefix("error: ")) from None
        if opened["begins"]:
            opened["ansible_stats"] = {"data": run.stats([]), "per_host": False, "aggregate": False}
        return result | opened

    def _opened(self, run: Run, there: Mapping[str, Any]) -> dict[str, Any]:
        plan, settings = run.plan, run.plan.settings
        index = plan.wave_of(there["inventory_hostname"])
        opening = Opening(run, index, policies(plan.every, there["hostvars"].raw_get))
        approved = _approved_since(opening)
        variable = version_var(run, there)
        check_mode = bool(there.get("ansible_check_mode"))
        lines = [shown(line) for line in opening.lines({"check_mode": check_mode, "version_var": variable})]
        if index == 0:
            lines += [] if check_mode or not CURRENT.recording else [shown(note) for note in rollout_way_back.notes(run)]
            lines.append(f"should it stop, this goes on with it: {rollout_command.command(settings_to_go_on(run))}")
        before, stop = opening.before, opening.too_many_lost()
        return {
            "changed": False,
            "first": index == 0,
            "gate": opening.gate,
            "lines": lines,
            "plan_id": plan.id,
            "frozen": plan.standing is not None,
            "of": self._of_each(opening, there),
            "failed_hosts": opening.lost(),
            "stop": stop,
            "held": {},
            # Whether nothing stands between the opening of the batch and its begin.
            "begins": not stop and "begun" in there.get("_rollout_without", ()),
            "asks": opening.asks() and not check_mode,
            "question": opening.question(),
            "next": opening.wave.name,
            "approved": approved,
            "approval": list(opening.approval()),
            "approval_seconds": settings.approval_timeout,
            "bake": 0 if check_mode else opening.bake(),
            "judged": [] if check_mode else opening.judged(),
            "version_var": variable,
            "before": {"batch": before.batch, "group": before.name} if before else {},
        }

    def _hold(self, run: Run, opened: dict[str, Any], wave: Wave) -> list[str]:
        """Ends the run before a wave that may not begin now, after a wait on a terminal; returns batches whose windows are ignored."""
        recording, settings = CURRENT.recording, run.plan.settings
        if recording is None or settings.back or wave.watched or opened["stop"]:
            return []
        ignores = truth(settings.text("rollout_ignore_windows"))
        while True:
            by_group = recording.standing().held
            closed = [part.group for part in wave.parts if part.group in by_group and by_group[part.group]["by"] != "cap"]
            capped = [part.group for part in wave.parts if part.group in by_group and part.group not in closed]
            held = [*capped, *([] if ignores else closed)][:1]
            if not held:
                return closed
            if capped or not waited(held[0], by_group[held[0]]):
                break
        opened["held"] = {"group": held[0], "by": by_group[held[0]]["by"], "says": says(by_group[held[0]])}
        opened["stop"], opened["begins"] = True, False
        opened["lines"].append(f"{held[0]} does not begin: {opened['held']['says']}{'' if capped else NOW}")
        return []

    def _recorded(self, run: Run, opened: Mapping[str, Any], there: Mapping[str, Any], ignored: list[str]) -> str:
        """Records that the run, or a batch of it, begins, whose windows may be ignored, and returns the id of the run."""
        recording, settings, standing = CURRENT.recording, run.plan.settings, run.plan.standing
        if recording is None or standing is None:
            return ""
        if not run.recorded:
            back_to = ",".join(dict.fromkeys(settings.back_to)) if settings.back else ""
            take_over = truth(settings.text("rollout_take_over"))
            because = settings.text("rollout_because")
            recording.run = recording.start(CURRENT.process, rollout_command.command(settings_to_go_on(run)), back_to, take_over, because)
            now = recording.standing()
            if (now.done, now.back, now.to_go_back) != (standing.done, standing.back, standing.to_go_back):
                recording.end("failed", "the record changed while the inventory was read", "")
                raise Refusal(f"error: {standing.record}: the record has changed since the inventory was read\n  hint: run the command again")
        for group in ignored:
            recording.ignore_windows(group)
        if opened["begins"]:
            index = run.plan.wave_of(there["inventory_hostname"])
            events.begun(recording, Opening(run, index, policies(run.plan.every, there["hostvars"].raw_get)))
        return recording.run

    def _of_each(self, opening: Opening, there: Mapping[str, Any]) -> dict[str, dict[str, str]]:
        of = {}
        for part in opening.wave.parts:
            what = {"group": part.group, "batch": part.batch, "target": self._target(opening, part, there)}
            of |= dict.fromkeys(part.hosts, what)
        return of

    def _target(self, opening: Opening, part: Batch, there: Mapping[str, Any]) -> str:
        settings = opening.plan.settings
        if settings.back:
            return settings.back_to[settings.versions.index(part.version)]
        return target(part, opening.policy(part), there["hostvars"].raw_get(part.hosts[0]))


def says(held: Mapping[str, Any]) -> str:
    """Returns what keeps a batch from beginning, and until when."""
    return shown(str(held["why"])) + (f", until {held['until']}" if held.get("until") else "")


def waited(group: str, held: Mapping[str, Any]) -> bool:
    """Waits on a terminal, at most an hour, until a batch may begin; returns whether to look again."""
    if not held.get("until"):
        return False
    until = datetime.fromisoformat(str(held["until"]).replace("Z", "+00:00"))
    let_go()
    seconds = min(3600, max(1, int((until - datetime.now(timezone.utc)).total_seconds()) + 1))
    try:
        Display().prompt_until(f"{group} waits: {says(held)}. Ctrl+C ends the run", seconds=seconds)
    except (AnsiblePromptNoninteractive, AnsiblePromptInterrupt):
        return False
    return True


def _approved_since(opening: Opening) -> list[str]:
    """Returns the batches of a wave that would ask which somebody has approved since the run began."""
    if not CURRENT.recording or not opening.asks():
        return []
    try:
        approved = CURRENT.recording.standing().approved
    except Refusal as refusal:
        raise AnsibleActionFail(str(refusal).removeprefix("error: ")) from None
    found = [group for group in opening.not_in_record() if group in approved]
    # This is a worker, and the callback notes it for the tasks that follow.
    opening.run.approved.update(found)
    return found


def _problems(run: Run, there: Mapping[str, Any]) -> Iterator[str]:
    """Yields what is wrong with any batch."""
    if late := _known_too_late(run, there):
        yield f"{', '.join(late)} is known too late: give rollout_ variables with -e, not in the inventory"
    if list(there["ansible_play_hosts_all"]) != run.plan.hosts:
        yield "the batches are not those of the plan: a hook changed the groups of the inventory, or hosts: of the playbook was changed"
    wave = run.plan.waves[run.plan.wave_of(there["inventory_hostname"])]
    if strangers := [host for host in there["ansible_play_batch"] if host not in wave.hosts]:
        yield f"{', '.join(strangers)} would be changed with {wave.name}: the sizes of the batches are not those of the plan"
    forgotten = [] if run.plan.settings.back else [host for host in run.lost() if host in there["ansible_play_hosts"]]
    if forgotten:
        yield f"lost: {', '.join(forgotten)}; a hook made Ansible forget that, so the run ends here (meta: clear_host_errors or end_host)"
    if "_rollout_without" not in there:
        yield "Ansible did not load callback_plugins/rollout_watch.py, which lies beside the playbook"


def _known_too_late(run: Run, variables: Mapping[str, Any]) -> list[str]:
    known = {*run.plan.settings.given, *OWN}
    return [name for name in variables if name.startswith("rollout_") and name not in known and not of_the_play(variables[name])]


def _problems_at_first(run: Run, there: Mapping[str, Any]) -> Iterator[str]:
    """Yields what only shows once there are hosts, whose variables are then there too."""
    inventory = there["hostvars"]._inventory
    hosts = [(host, inventory.get_host(host).vars) for host in run.plan.hosts]
    groups = [(name, group.vars) for name, group in inventory.groups.items()]
    # What stands in files of variables is seen by the first host of each batch.
    for owner, variables in [*hosts, *groups]:
        if late := _known_too_late(run, variables):
            yield f"{', '.join(late)} of {owner} is known too late: give rollout_ variables with -e, not in the inventory"
            break
    if run.plan.standing is None and not run.plan.settings.back:
        for version, policy in policies(run.plan.every, there["hostvars"].raw_get).items():
            if policy.only_frozen:
                yield (
                    f"the policy of {version} has {', '.join(policy.only_frozen)}, which only a frozen plan keeps: save one with"
                    " regal-inventory plan --save FILE.rollout.yml, and give it with -i FILE.rollout.yml in place of the configuration"
                )
    if "regal_plan" in there:
        yield "an older regal-inventory wrote the inventory: its regal_plan is no longer read; export it again"


def _problem_of_version_var(opened: Mapping[str, Any], extra: Mapping[str, Any]) -> Iterator[str]:
    name = opened["version_var"]
    if name in extra and any(of["target"] != str(extra[name]) for of in opened["of"].values()):
        yield f"{name} is given with -e, which nothing overrides, so it cannot be set to what each host should run; leave it out, or give rollout_version_var="
