# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt)
"""Works out what the hook for a load balancer is told, and checks that it was told."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugin_utils"))
from regal_rollout.front import front  # noqa: E402
from regal_rollout.run import CURRENT  # noqa: E402


class ActionModule(ActionBase):
    """With `finished`, returns what the front is told before the batch or after it; with `by`, fails unless that host told it."""

    BYPASS_HOST_LOOP = True
    _VALID_ARGS = frozenset(("finished", "by"))
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars) | {"changed": False}
        there, args, run = task_vars or {}, self._task.args, CURRENT.run
        if run is None:
            raise AnsibleActionFail("this is a task of rollout.yml and rollback.yml")
        if teller := args.get("by"):
            if teller in run.stuck or teller not in there["ansible_play_batch"] or run.front_away:
                raise AnsibleActionFail(f"{teller} could not tell the front")
            return result
        finished = boolean(args["finished"])
        told = front(run, finished, there["ansible_play_batch"])
        return result | told._asdict() | {
            "teller": there["inventory_hostname"],
            "away": int(there.get("rollout_away") or 0),
            "tell": finished or run.has_work(there["ansible_play_batch"], there["hostvars"].raw_get),
        }
