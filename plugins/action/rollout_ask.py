# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt)
"""Asks for a yes within a time limit, and fails without one: `pause` takes a time limit or an answer, not both."""

from __future__ import annotations

import time
from typing import Any

from ansible.errors import AnsiblePromptInterrupt, AnsiblePromptNoninteractive
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display


class ActionModule(ActionBase):
    """Fails unless the answer is yes, with what came instead and the batch that is `next`."""

    BYPASS_HOST_LOOP = True
    _VALID_ARGS = frozenset(("prompt", "seconds", "next"))
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars) | {"changed": False}
        args = self._task.args
        why = self._ask(str(args["prompt"]), int(args["seconds"]))
        if not why:
            return result
        return result | {
            "failed": True,
            "msg": f"not approved, {why}: {args['next']} was not touched; what goes on with it stands at the end of the output",
        }

    @staticmethod
    def _ask(prompt: str, seconds: int) -> str:
        """Returns why there is no approval, or an empty text if there is."""
        end = time.monotonic() + seconds
        try:
            answer = Display().prompt_until(prompt + ": ", seconds=seconds)
        except AnsiblePromptNoninteractive:
            return "there is no terminal to ask on"
        except AnsiblePromptInterrupt:
            return "the answer was Ctrl+C"
        # What was typed without a return key is not an answer.
        if time.monotonic() >= end:
            return f"nobody answered within {seconds} seconds"
        text = answer.decode(errors="replace").strip()
        return "" if text.lower() == "yes" else f"the answer was '{text}'"
