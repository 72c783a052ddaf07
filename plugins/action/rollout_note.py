# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt)
"""Notes where a batch stands, for the report and for what ansible-runner and AWX pass on (`set_stats`)."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugin_utils"))
from regal_rollout import events  # noqa: E402
from regal_rollout.opening import Opening  # noqa: E402
from regal_rollout.policy import Policy, policies  # noqa: E402
from regal_rollout.program import Refusal  # noqa: E402
from regal_rollout.recording import Recording  # noqa: E402
from regal_rollout.run import CURRENT, Run  # noqa: E402


EVENTS = ("begun", "in_service", "done")


class ActionModule(ActionBase):
    """Returns the hosts that are done with the event; callback_plugins/rollout_watch.py takes it from there.

    `in_service` returns in `bake` for how many seconds to watch the batch, and where that is 0, the batch is done with it.
    """

    BYPASS_HOST_LOOP = True
    _VALID_ARGS = frozenset(("event",))
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars) | {"changed": False}
        there, event, run = task_vars or {}, self._task.args.get("event"), CURRENT.run
        if run is None or event not in EVENTS:
            raise AnsibleActionFail(f"this is a task of rollout.yml and rollback.yml, with an event of {', '.join(EVENTS)}")
        hosts = list(there["ansible_play_batch"])
        bake = 0
        if event == "in_service" and run.has_work(hosts, there["hostvars"].raw_get):
            bake = int(there["_rollout"]["bake"])
        done = hosts if event == "done" or event == "in_service" and not bake else []
        data = run.stats(done)
        if CURRENT.recording and run.recorded:
            found = policies(run.plan.every, there["hostvars"].raw_get)
            try:
                result |= _recorded(CURRENT.recording, run, found, event, hosts if bake else done, bake)
            except Refusal as refusal:
                raise AnsibleActionFail(str(refusal).removeprefix("error: ")) from None
        stats = {"data": data, "per_host": False, "aggregate": False}
        return result | {"event": event, "hosts": done, "bake": bake, "ansible_stats": stats}


def _recorded(recording: Recording, run: Run, found: Mapping[str, Policy], event: str, hosts: list[str], bake: int) -> dict[str, Any]:
    """Records the event, and returns what the next tasks and the callback have to know of it."""
    if event == "begun":
        events.begun(recording, Opening(run, run.wave, found))
        return {}
    if bake:
        return {"lost": events.watched(recording, run, hosts, bake)}
    return {"too_many": events.closed(recording, run, hosts, found)} if hosts or event == "done" else {}
