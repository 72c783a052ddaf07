# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt)
"""Fails on a host that a rollback lost."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugin_utils"))
from regal_rollout.run import CURRENT  # noqa: E402


class ActionModule(ActionBase):
    """A rollback continues without lost hosts, so Ansible would exit with 0; this makes it exit with 2."""

    _VALID_ARGS = frozenset(())
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        host = (task_vars or {})["inventory_hostname"]
        run = CURRENT.run
        # By its record, a host of a frozen plan may have come back in an earlier run.
        came_back = run is not None and (run.state(host) == "done" or run.plan.standing is not None and host not in run.plan.hosts)
        if not came_back:
            raise AnsibleActionFail(f"{host} did not come back, see the report below")
        return result | {"changed": False}
