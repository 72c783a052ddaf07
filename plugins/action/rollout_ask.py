# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt)
"""Asks for a yes within a time limit, and fails without one: `pause` takes a time limit or an answer, not both."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from ansible.errors import AnsiblePromptInterrupt, AnsiblePromptNoninteractive
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugin_utils"))
from regal_rollout.program import Refusal  # noqa: E402
from regal_rollout.run import CURRENT  # noqa: E402
from regal_rollout.waiting import let_go  # noqa: E402


class ActionModule(ActionBase):
    """Fails unless the answer is yes, with what came instead and the batch that is `next`."""

    BYPASS_HOST_LOOP = True
    _VALID_ARGS = frozenset(("prompt", "seconds", "next"))
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars) | {"changed": False}
        args = self._task.args
        let_go()
        why, is_no = self._ask(str(args["prompt"]), int(args["seconds"]))
        # Somebody may have approved it elsewhere meanwhile.
        approved = [] if is_no else self._approved()
        if not why or approved:
            return result | {"approved": approved}
        return result | {
            "failed": True,
            "msg": f"not approved, {why}: {args['next']} was not touched; what goes on with it stands at the end of the output",
        }

    @staticmethod
    def _approved() -> list[str]:
        """Returns the batches that are to begin if the record has all of them as approved."""
        run, recording = CURRENT.run, CURRENT.recording
        if run is None or recording is None:
            return []
        groups = [part.group for part in run.plan.waves[run.wave].parts]
        try:
            return groups if recording.standing().approved.issuperset(groups) else []
        except Refusal:
            # The batch does not begin, and what is wrong with the record is said where the run is to be ended in it.
            return []

    @staticmethod
    def _ask(prompt: str, seconds: int) -> tuple[str, bool]:
        """Returns why there is no approval, or an empty text if there is, and whether somebody said no."""
        end = time.monotonic() + seconds
        try:
            answer = Display().prompt_until(prompt + ": ", seconds=seconds)
        except AnsiblePromptNoninteractive:
            return "there is no terminal to ask on", False
        except AnsiblePromptInterrupt:
            return "the answer was Ctrl+C", True
        # What was typed without a return key is not an answer.
        if time.monotonic() >= end:
            return f"nobody answered within {seconds} seconds", False
        text = answer.decode(errors="replace").strip()
        return ("", False) if text.lower() == "yes" else (f"the answer was '{text}'", bool(text))
