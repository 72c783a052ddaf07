# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts on each host how often it was unreachable, which Ansible tells to callbacks only.

A rollback ignores unreachable hosts, since Ansible ends a play whose batch is lost as a whole. Without this count a host that was
away for one task would go on with the next.
"""

from __future__ import annotations

from ansible.executor.task_result import TaskResult
from ansible.playbook.play import Play
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: rollout_away
type: notification
short_description: counts on each host how often it was unreachable
description:
  - Sets the host variable C(rollout_away), and takes the host out of the handlers that are still to come.
  - Sets C(_rollout_watched) in each play, so that a playbook knows that it can rely on that.
author: regal-inventory
"""


class CallbackModule(CallbackBase):
    """Loaded by itself, since it lies beside the playbook and needs no enabling."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "rollout_away"
    CALLBACK_NEEDS_ENABLED = False

    _play: Play | None = None

    def v2_playbook_on_play_start(self, play: Play) -> None:
        self._play = play
        play.vars["_rollout_watched"] = True

    def v2_runner_on_unreachable(self, result: TaskResult) -> None:
        # `host` is there from ansible-core 2.19 on.
        host = result.host if hasattr(result, "host") else result._host
        host.set_variable("rollout_away", host.vars.get("rollout_away", 0) + 1)
        for block in self._play.handlers if self._play else []:
            for handler in block.block:
                if handler.is_host_notified(host):
                    handler.remove_host(host)
