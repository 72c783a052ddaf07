# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt)
"""Writes into a file how far a rollout is, a line of JSON for each task of each host."""

from __future__ import annotations

DOCUMENTATION = """
name: progress
type: notification
short_description: Writes how far a rollout is, a line of JSON for each task of each host
description:
  - Appends to a file, which it creates for its owner alone. Each line is one JSON object, written at once.
  - A task that ended on a host has C(event) C(task), with C(time) (UTC), C(version), C(group), C(batch), C(host), C(step), C(task), C(outcome)
    and C(check), which is true where the run changes nothing (C(--check)).
  - C(outcome) is C(ok), C(changed), C(skipped), C(failed), C(ignored) (failed under C(ignore_errors)) or C(unreachable). A block may still rescue
    a host whose task failed.
  - C(version), C(group) and C(batch) follow from the groups that the host is in, in a playbook of one's own too. They are null where it is in no batch,
    or in batches of several versions of which the play names none or more than one.
  - C(step) is the variable C(rollout_step) of the task or of what the task is in; a handler has that of the last task of its host. It is null
    where there is none.
  - The last line of a run has C(event) C(end), and in C(hosts) what Ansible's recap says of each host.
  - No result and no value of a variable is written, but for what is in the name of a task.
notes:
  - Must be enabled, as under C(EXAMPLES).
options:
  progress:
    description: The file. In C(ansible.cfg) relative to that file.
    type: path
    env:
      - name: REGAL_ROLLOUT_PROGRESS
    ini:
      - section: regal_rollout
        key: progress
author:
  - regal-inventory (@regal-inventory)
"""

EXAMPLES = """
# in ansible.cfg; where the playbooks are used without the collection, the name is progress
# [defaults]
# callbacks_enabled = regal.rollout.progress
#
# [regal_rollout]
# progress = rollout.jsonl
#
# {"event": "task", "time": "2026-03-01T09:30:00.125+00:00", "version": "shop-2.5.0", "group": "shop-2.5.0_groupB1", "batch": "B1",
#  "host": "web2", "step": "deploy", "task": "Install the version", "outcome": "changed", "check": false}
"""

import json
import os
import re
import stat
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from weakref import WeakSet

from ansible import constants as C
from ansible.executor.stats import AggregateStats
from ansible.executor.task_result import TaskResult
from ansible.inventory.host import Host
from ansible.playbook.handler import Handler
from ansible.playbook.play import Play
from ansible.playbook.task import Task
from ansible.plugins.callback import CallbackBase

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugin_utils"))
from regal_rollout import configuration  # noqa: E402
from regal_rollout.batches import BATCH_GROUP  # noqa: E402

# In a name they would be a template that nobody has filled in.
TEMPLATE = re.compile(r"{[{%]")


class CallbackModule(CallbackBase):
    """A run goes on whatever happens here: what cannot be written is warned of once."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "regal.rollout.progress"
    CALLBACK_NEEDS_ENABLED = True

    # From ansible-core 2.19 on Ansible makes two of it where it lies beside the playbook and in the collection.
    _all: WeakSet[CallbackModule] = WeakSet()
    _file: int | None = None

    def set_options(self, task_keys: Any = None, var_options: Any = None, direct: Any = None) -> None:
        super().set_options(task_keys=task_keys, var_options=var_options, direct=direct)
        self._patterns: set[str] = set()
        self._steps: dict[str, str] = {}
        if any(other is not self for other in self._all):
            self.disabled = True
            return
        self._all.add(self)
        for message in configuration.unknown_options(C.CONFIG_FILE):
            self._display.warning(message, formatted=True)
        path = self.get_option("progress")
        if not path:
            where = "name one: REGAL_ROLLOUT_PROGRESS=FILE, or `progress = FILE` under [regal_rollout] in ansible.cfg"
            self._give_up(f"there is no file to write to; {where}")
            return
        try:
            self._file = _opened(path)
        except OSError as error:
            self._give_up(f"{path}: {error.strerror}")

    def v2_playbook_on_play_start(self, play: Play) -> None:
        # Ansible calls it once for each batch.
        hosts = play.hosts if isinstance(play.hosts, list) else [play.hosts]
        self._patterns = {name for pattern in hosts for name in re.split(r"[,:]", str(pattern))}
        self._steps = {}

    def v2_runner_on_ok(self, result: TaskResult) -> None:
        self._note(result, "changed" if result.is_changed() else "ok")

    def v2_runner_on_skipped(self, result: TaskResult) -> None:
        self._note(result, "skipped")

    def v2_runner_on_failed(self, result: TaskResult, ignore_errors: bool = False) -> None:
        self._note(result, "ignored" if ignore_errors else "failed")

    def v2_runner_on_unreachable(self, result: TaskResult) -> None:
        self._note(result, "unreachable")

    def v2_playbook_on_stats(self, stats: AggregateStats) -> None:
        self._write({"event": "end", "time": _now(), "hosts": {host: stats.summarize(host) for host in sorted(stats.processed)}})

    def _note(self, result: TaskResult, outcome: str) -> None:
        # The names without an underscore are there from ansible-core 2.19 on.
        host: Host = result.host if hasattr(result, "host") else result._host
        task: Task = result.task if hasattr(result, "task") else result._task
        place = self._batch(host)
        line = {"event": "task", "time": _now(), "version": place[0], "group": place[1], "batch": place[2], "host": host.name}
        line |= {"step": self._step(host, task), "task": result.task_name or task.get_name(), "outcome": outcome}
        self._write(line | {"check": bool(task.check_mode)})

    def _batch(self, host: Host) -> tuple[str | None, str | None, str | None]:
        """Returns version, group and batch of a host, where there is one answer."""
        found = list(filter(None, (BATCH_GROUP.fullmatch(group.name) for group in host.get_groups())))
        if len(found) > 1:
            found = [match for match in found if match[0] in self._patterns]
        return (found[0]["stem"], found[0][0], found[0]["batch"]) if len(found) == 1 else (None, None, None)

    def _step(self, host: Host, task: Task) -> str | None:
        step = task.get_vars().get("rollout_step")
        if isinstance(step, str) and not TEMPLATE.search(step):
            self._steps[host.name] = str(step)
            return str(step)
        return self._steps.get(host.name) if isinstance(task, Handler) else None

    def _write(self, line: dict[str, Any]) -> None:
        data = (json.dumps(line, default=str) + "\n").encode()
        try:
            if self._file is not None and os.write(self._file, data) < len(data):
                self._give_up("the last line was not written whole")
        except OSError as error:
            self._give_up(str(error.strerror))

    def _give_up(self, why: str) -> None:
        self._display.warning(f"regal.rollout.progress writes no progress: {why}", formatted=True)
        self.disabled = True


def _opened(path: str) -> int:
    """Returns a regular file to append to; opening a pipe would wait for who reads it."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(0, "is not a regular file")
    return file


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")
