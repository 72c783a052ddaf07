# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt)
"""Watches a run of rollout.yml or rollback.yml: which host is where, and at the end the report, whatever became of the run."""

from __future__ import annotations

DOCUMENTATION = """
name: rollout_watch
type: notification
author:
  - regal-inventory (@regal-inventory)
short_description: keeps what has become of a rollout, and reports it at the end
description:
  - Loaded with rollout.yml and rollback.yml, which refuse to run without it.
  - Notes in which step each host is, and prints the report at the end, also of a run that ended in its middle.
  - Runs C(end.yml) of the hooks at the end of a run.
  - Starts C(rollback.yml) where hosts of a frozen plan were lost and C(on_failure) of its policy is C(rollback).
  - In a rollback, sets the host variable C(rollout_away) where a host could not be reached, and takes the host out of the handlers that
    are still to come.
  - Of a frozen plan, keeps its record with the program C(regal-inventory).
options:
  binary:
    description: The program, as for P(regal.rollout.batches#inventory).
    type: path
    env:
      - name: REGAL_INVENTORY_BINARY
    ini:
      - section: regal_rollout
        key: binary
"""

EXAMPLES = """
# Nothing is to be enabled: Ansible loads it where it lies beside rollout.yml.
# ansible-playbook regal.rollout.rollout -e rollout_version=shop-2.5.0
"""

import atexit
import copy
import fcntl
import os
import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ansible import context
from ansible.executor.stats import AggregateStats
from ansible.executor.task_result import TaskResult
from ansible.inventory.host import Host
from ansible.playbook import Playbook
from ansible.playbook.block import Block
from ansible.playbook.play import Play
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.callback import CallbackBase

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugin_utils"))
import rollout_end  # noqa: E402
import rollout_way_back  # noqa: E402
from regal_rollout import program, way_back  # noqa: E402
from regal_rollout.needs import needless  # noqa: E402
from regal_rollout.plan import Plan  # noqa: E402
from regal_rollout.policy import policies  # noqa: E402
from regal_rollout.recording import Recording  # noqa: E402
from regal_rollout.run import CURRENT, Run  # noqa: E402

# Tasks that note what became of a host, and are not part of a step.
_NOTES = ("rollout_note", "rollout_open", "rollout_front", "rollout_ask", "rollout_wait", "rollout_came_back")


class CallbackModule(CallbackBase):
    """Loaded by itself, since it lies beside the playbook and needs no enabling."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "rollout_watch"
    CALLBACK_NEEDS_ENABLED = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._playbook: Playbook | None = None
        self._play: Play | None = None
        self._passwords: dict[str, str | None] = {}
        self._counts = False
        self._process = os.getpid()

    def v2_playbook_on_start(self, playbook: Playbook) -> None:
        if rollout_end.under_way():
            return
        self._playbook = playbook
        CURRENT.process = self._process
        CURRENT.recording = self._recording(playbook)
        CURRENT.variables_of = _variables_before(playbook)
        CURRENT.refused = self._refused
        CURRENT.ended = self._followed
        atexit.register(self._ended_in_the_middle)

    def set_play_context(self, play_context: PlayContext) -> None:
        self._passwords = {"conn_pass": play_context.password, "become_pass": play_context.become_pass}

    def v2_playbook_on_play_start(self, play: Play) -> None:
        self._play = play if "rollout_group" in play.vars and CURRENT.run else None
        if self._play and CURRENT.run:
            without = needless(CURRENT.run, self._variables)
            self._play.vars["_rollout_without"] = sorted(without)
            self._play.tasks = _without(self._play.tasks, without)

    def v2_playbook_on_task_start(self, task: Task, is_conditional: bool) -> None:
        run = self._run()
        if not run or not self._play:
            return
        self._counts = task.action not in _NOTES and "_rollout_left" not in task.args
        step = task.get_vars().get("rollout_step")
        if step:
            run.step = str(step)
            # For the handlers of roles, which know nothing of the import that the step stands at.
            self._play.vars["rollout_step"] = run.step

    def v2_playbook_on_handler_task_start(self, task: Task) -> None:
        self._counts = True

    def v2_runner_on_start(self, host: Host, task: Task) -> None:
        run = self._run()
        if run and self._counts:
            run.start(host.name)

    def v2_runner_on_ok(self, result: TaskResult) -> None:
        run = self._run()
        if not run:
            return
        host, task = _parts(result)
        if task.action == "rollout_open":
            values = _values(result)
            # Ansible may have made two of this callback, as of any that is found in two places.
            if run.wave != run.plan.wave_of(host.name):
                rollout_end.say(("", *values["lines"]))
            run.open(host.name)
            CURRENT.pending = None
            if values.get("recorded") and not run.recorded:
                self._keep(run, str(values["recorded"]))
            run.approved.update(values["approved"])
            run.held = dict(values["held"])
            self._take_as_new(run)
            if values["begins"]:
                run.begin()
        elif task.action == "rollout_front":
            if "by" not in task.args:
                # In a rollback it may be a host that was lost before.
                run.stuck.discard(host.name)
                run.front_away = False
        elif task.action == "rollout_note":
            values = _values(result)
            if values["event"] == "begun":
                run.begin()
            if values["bake"]:
                run.step = "bake"
                run.everyone()
            run.close(values["hosts"])
            if values["hosts"] or values["event"] == "done":
                run.recorded_waves.add(run.wave)
                run.too_many = bool(values.get("too_many"))
            run.recorded_lost.update(values.get("lost", ()))
        elif task.action == "rollout_ask":
            run.approved.update(_values(result)["approved"])
        elif "_rollout_left" in task.args:
            run.lose(host.name)

    def v2_runner_on_failed(self, result: TaskResult, ignore_errors: bool = False) -> None:
        run = self._run()
        if not run or ignore_errors:
            return
        host, task = _parts(result)
        if task.action == "rollout_ask" and self._play:
            run.to_approve = tuple(self._of(host, "_rollout")["approval"])
        if task.action == "rollout_wait":
            run.gates = dict(_values(result).get("ill") or {})
            run.interrupted = not run.gates
            return
        self._stuck(run, host, task, f"failed: {task.get_name()}")

    def v2_runner_on_unreachable(self, result: TaskResult) -> None:
        run = self._run()
        if not run:
            return
        host, task = _parts(result)
        self._stuck(run, host, task, f"could not be reached: {task.get_name()}")
        run.front_away = True
        if run.plan.settings.back:
            run.lose(host.name)
            self._set(host.name, rollout_away=int(self._of(host, "rollout_away")) + 1)
            self._forget_handlers(host)

    def v2_playbook_on_stats(self, stats: AggregateStats) -> None:
        run = self._run()
        if run and self._playbook:
            CURRENT.run = None
            went_back = self._ended(run)
            rollout_end.run_hook(self._playbook, run, self._passwords, went_back)
            # A hook may have made Ansible forget what failed (`meta: clear_host_errors`, `end_host`, `end_play`): no 0 for that.
            if (run.lost() or run.outcome() != "finished") and not stats.failures and not stats.dark:
                sys.exit(2)

    def _followed(self, run: Run) -> None:
        """Another run begins in the same playbook."""
        went_back = self._ended(run)
        if self._playbook:
            rollout_end.run_hook_apart(self._playbook, run, self._passwords, went_back)

    def _ended(self, run: Run) -> str:
        """Reports and records the end of a run, and returns what became of the way back that follows by itself, if one does."""
        way = None
        if CURRENT.recording and CURRENT.variables_of:
            way = way_back.way_back(run, run.interrupted, policies(run.plan.every, CURRENT.variables_of))
        rollout_end.report(run, commands=way is None)
        rollout_end.record(run, run.interrupted)
        self._let_go()
        return rollout_way_back.go_back(run, way, CURRENT.recording) if way and CURRENT.recording else ""

    def _run(self) -> Run | None:
        return None if rollout_end.under_way() else CURRENT.run

    def _stuck(self, run: Run, host: Host, task: Task, reason: str) -> None:
        if task.run_once:
            run.everyone()
        run.stuck.add(host.name)
        run.explain(host.name, reason)

    def _recording(self, playbook: Playbook) -> Recording | None:
        """Returns the record to keep, where the inventory is that of a frozen plan."""
        regal = playbook.get_plays()[0].get_variable_manager()._inventory.groups.get("regal")
        plan = regal.vars.get("regal_plan_file") if regal else None
        return Recording(str(plan), self._program) if plan else None

    def _program(self) -> str:
        named, origin = self.get_option_and_origin("binary")
        found = program.find(named, str(origin))
        program.see_that_it_fits(found)
        return found

    def _keep(self, run: Run, id_: str) -> None:
        """Notes that the run is recorded, and keeps a lock on the record while this process or a task of it is there.

        The record names this process, which keeps others out. A task that outlives it still deploys, and has the lock.
        """
        run.recorded = True
        if CURRENT.recording and run.plan.standing:
            CURRENT.recording.run = id_
            # Where there are no locks, there are none.
            with suppress(OSError):
                CURRENT.lock = os.open(run.plan.standing.record, os.O_RDONLY | os.O_CLOEXEC)
                _locked(CURRENT.lock)

    def _let_go(self) -> None:
        """Gives the lock back, so that another run of the same playbook may begin."""
        if CURRENT.lock is not None:
            os.close(CURRENT.lock)
            CURRENT.lock = None

    def _take_as_new(self, run: Run) -> None:
        """Forgets what an earlier run, a cache of facts or the inventory says of the wave's hosts."""
        for host in run.plan.waves[run.wave].hosts:
            self._set(host, rollout_installed=False, rollout_away=0, _rollout_left=False)

    def _set(self, host: str, **facts: Any) -> None:
        if self._play:
            self._play.get_variable_manager().set_nonpersistent_facts(host, facts)

    def _of(self, host: Host, name: str) -> Any:
        """Returns a variable of the host, as it stands."""
        return self._variables(host.name)[name]

    def _variables(self, host: str) -> dict[str, Any]:
        if self._play is None:
            raise RuntimeError("no play has begun")
        manager = self._play.get_variable_manager()
        return manager.get_vars(play=self._play, host=manager._inventory.get_host(host))

    def _forget_handlers(self, host: Host) -> None:
        for block in self._play.handlers if self._play else []:
            for handler in block.block:
                if handler.is_host_notified(host):
                    handler.remove_host(host)

    def _refused(self, plan: Plan) -> None:
        """Tells end.yml of a plan that cannot be right, where one is to be run and not only looked at."""
        CURRENT.refused = None
        if self._playbook and not _only_looks():
            rollout_end.run_hook_apart(self._playbook, Run(plan), self._passwords)

    def _ended_in_the_middle(self) -> None:
        """An error of Ansible's own or Ctrl+C ends a run without a word on where its hosts are."""
        run = CURRENT.run
        if run and (run.begun() or run.recorded) and os.getpid() == self._process:
            CURRENT.run, run.interrupted = None, True
            rollout_end.report(run)
            rollout_end.record(run, interrupted=True)


def _locked(file: int) -> None:
    """Takes the lock; a program that looks at the record may have it for a moment."""
    for _ in range(50):
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.02)
    return None


def _only_looks() -> bool:
    return any(context.CLIARGS.get(name) for name in ("listhosts", "listtasks", "listtags", "syntax"))


def _without(parts: Iterable[Block | Task], without: Collection[str]) -> list[Block | Task]:
    """Returns the blocks and tasks without those that this batch does not need."""
    left = []
    for part in parts:
        if part.vars.get("_rollout_only") in without:
            continue
        if isinstance(part, Block):
            # All batches have the same one.
            part = copy.copy(part)
            part.block = _without(part.block, without)
        left.append(part)
    return left


def _parts(result: TaskResult) -> tuple[Host, Task]:
    """Returns what a result is of, whose names have changed in ansible-core 2.19."""
    return (result.host, result.task) if hasattr(result, "host") else (result._host, result._task)


def _values(result: TaskResult) -> dict[str, Any]:
    """Returns what a task returned. Ansible converts it when it is asked for, so not for each task of a hook."""
    return result.result if hasattr(result, "result") else result._result


def _variables_before(playbook: Playbook) -> Callable[[str], Mapping[str, Any]]:
    """Returns what asks for the variables of a host as the inventory has them."""

    def variables_of(host: str) -> Mapping[str, Any]:
        manager = playbook.get_plays()[0].get_variable_manager()
        return manager.get_vars(host=manager._inventory.get_host(host), include_hostvars=False)

    return variables_of
