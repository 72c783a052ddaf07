# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt)
"""Says which hosts are done and which are lost, to the `regal-inventory run` that ansible-playbook is the command of."""

from __future__ import annotations

DOCUMENTATION = """
name: results
type: notification
short_description: Says to regal-inventory run which hosts of a batch are done
description:
  - Under C(regal-inventory run -- ansible-playbook …), writes at the end of the playbook one line per host of the batch to the file in
    C(ROLLOUT_RESULTS). Otherwise it does nothing.
  - A host is C(ok) where that can be known. It has a result of the last task of every play that it is in, all plays of the playbook began, and nothing
    ever failed on it, not even under C(ignore_errors), C(ignore_unreachable) or with a C(rescue).
  - A host is C(lost) if it failed or could not be reached, and nothing ran on it afterwards.
  - Of any other host nothing is said, so that it counts as not known. So it is of all C(ok) hosts where an error may have ended the play for everybody
    (C(any_errors_fatal), C(max_fail_percentage), C(run_once)), where the last task of a play is an C(include_tasks), an C(include_role) or a
    C(meta) that ends something, with more than one playbook in a command, and under C(--check).
  - Of a task only its name is written.
notes:
  - Must be enabled, as under C(EXAMPLES).
author:
  - regal-inventory (@regal-inventory)
"""

EXAMPLES = """
# in ansible.cfg; where the playbooks are used without the collection, the name is results
# [defaults]
# callbacks_enabled = regal.rollout.results
#
# regal-inventory run --plan 2.5.0.rollout.yml -- ansible-playbook -i hosts.ini -i {plan} site.yml --limit {hosts}
"""

import os
import sys
from pathlib import Path
from typing import Any
from weakref import WeakSet

from ansible import constants as C
from ansible import context
from ansible.executor.stats import AggregateStats
from ansible.executor.task_result import TaskResult
from ansible.playbook import Playbook
from ansible.playbook.block import Block
from ansible.playbook.play import Play
from ansible.playbook.task import Task
from ansible.plugins.callback import CallbackBase

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugin_utils"))
from regal_rollout.results import Results  # noqa: E402

# Tells an ansible-playbook that a playbook starts, and which inherits ROLLOUT_RESULTS, that its results are not those of the batch.
_MARK = "REGAL_ROLLOUT_RESULTS_BY"
# What ends nothing, so that a task before it can be the last one.
_HARMLESS = ("flush_handlers", "noop", "refresh_inventory", "reset_connection", "clear_facts")


class CallbackModule(CallbackBase):
    """A run goes on whatever happens here: what cannot be written is warned of once."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "regal.rollout.results"
    CALLBACK_NEEDS_ENABLED = True

    # From ansible-core 2.19 on Ansible makes two of it where it lies beside the playbook and in the collection.
    _all: WeakSet[CallbackModule] = WeakSet()
    _results: Results | None = None
    _play: Play | None = None

    def set_options(self, task_keys: Any = None, var_options: Any = None, direct: Any = None) -> None:
        super().set_options(task_keys=task_keys, var_options=var_options, direct=direct)
        path = os.environ.get("ROLLOUT_RESULTS")
        process, _, known = os.environ.get(_MARK, "").partition(" ")
        is_inner = known == path and process != str(os.getpid())
        if not path or is_inner or any(other is not self for other in self._all):
            self.disabled = True
            return
        os.environ[_MARK] = f"{os.getpid()} {path}"
        self._all.add(self)
        if context.CLIARGS.get("check") or len(context.CLIARGS.get("args", ())) > 1:
            self._display.warning("regal.rollout.results says nothing with --check or more than one playbook", formatted=True)
            self.disabled = True

    def v2_playbook_on_start(self, playbook: Playbook) -> None:
        self._results = Results(play._uuid for play in playbook.get_plays())

    def v2_playbook_on_play_start(self, play: Play) -> None:
        # Ansible calls it once for each batch of `serial`.
        self._play = play
        hosts = play.get_variable_manager().get_vars(play=play)["ansible_play_hosts_all"]
        if self._results is not None:
            self._results.begin(play._uuid, hosts, _last_task(play))

    def v2_runner_on_ok(self, result: TaskResult) -> None:
        self._good(result)

    def v2_runner_on_skipped(self, result: TaskResult) -> None:
        self._good(result)

    def v2_runner_on_failed(self, result: TaskResult, ignore_errors: bool = False) -> None:
        self._bad(result, "failed", counts=not ignore_errors)

    def v2_runner_on_unreachable(self, result: TaskResult) -> None:
        self._bad(result, "could not be reached", counts=not _task(result).ignore_unreachable)

    def v2_playbook_on_stats(self, stats: AggregateStats) -> None:
        if self._results is None:
            return
        counts = {host: stats.summarize(host) for host in stats.processed}
        lines = self._results.lines(counts, _hosts_of_the_batch(self._play))
        try:
            file = os.open(os.environ["ROLLOUT_RESULTS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            with os.fdopen(file, "wb") as results:
                results.write("".join(f"{line}\n" for line in lines).encode(errors="surrogateescape"))
        except OSError as error:
            self._display.warning(f"regal.rollout.results says nothing of hosts: {error.strerror}", formatted=True)

    def _good(self, result: TaskResult) -> None:
        if self._results is not None:
            self._results.good(_host(result), _task(result)._uuid)

    def _bad(self, result: TaskResult, how: str, counts: bool) -> None:
        task = _task(result)
        cuts = bool(task.any_errors_fatal or task.run_once) or self._play is None or self._play.max_fail_percentage is not None
        if self._results is not None:
            self._results.bad(_host(result), f"{how}: {result.task_name or task.get_name()}", cuts, counts)


# The names without an underscore are there from ansible-core 2.19 on.
def _host(result: TaskResult) -> str:
    name: str = (result.host if hasattr(result, "host") else result._host).name
    return name


def _task(result: TaskResult) -> Task:
    return result.task if hasattr(result, "task") else result._task


def _hosts_of_the_batch(play: Play | None) -> list[str]:
    """Returns the hosts that the command was called for: of a large batch they are in no variable, and then those of its group."""
    if hosts := os.environ.get("ROLLOUT_HOSTS"):
        return hosts.split(",")
    groups = play.get_variable_manager().get_vars(play=play)["groups"] if play is not None else {}
    return list(groups.get(os.environ.get("ROLLOUT_GROUP"), ()))


def _last_task(play: Play) -> str | None:
    """Returns the id of the task that every host of a play ends with; nothing if that cannot be known before."""
    handlers = [task for block in play.handlers for task in _tasks(block)]
    if any(task.action in C._ACTION_META for task in handlers):
        return None
    for task in reversed([task for block in play.compile() for task in _tasks(block)]):
        if task.action in C._ACTION_META and task.args.get("_raw_params") in _HARMLESS:
            continue
        is_known = task.action not in (*C._ACTION_META, *C._ACTION_INCLUDE_TASKS, *C._ACTION_INCLUDE_ROLE)
        return task._uuid if is_known else None
    return None


def _tasks(block: Block) -> list[Task]:
    """Returns the tasks of a block in the order in which they run where nothing fails."""
    found = []
    for part in (*block.block, *block.always):
        found += _tasks(part) if isinstance(part, Block) else [part]
    return found
