# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt)
"""Waits while a batch is watched, as `pause` does, and keeps nobody out of the record once the run was killed."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.plugins.action.pause import ActionModule as Pause
from ansible.utils.display import Display

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugin_utils"))
from regal_rollout import events  # noqa: E402
from regal_rollout.program import Refusal  # noqa: E402
from regal_rollout.recording import Recording  # noqa: E402
from regal_rollout.run import CURRENT  # noqa: E402
from regal_rollout.texts import shown  # noqa: E402
from regal_rollout.waiting import let_go  # noqa: E402


class ActionModule(Pause):
    """Returns in `cut_short` whether somebody went on before the time was over; fails where somebody ended the run."""

    _VALID_ARGS = frozenset(("seconds", "judged"))
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        let_go()
        judged = self._task.args.pop("judged", None) or []
        if judged and CURRENT.recording:
            return self._judge(ActionBase.run(self, tmp, task_vars), CURRENT.recording, [str(group) for group in judged])
        begun = time.monotonic()
        try:
            result = super().run(tmp, task_vars)
        except AnsibleError as error:
            if CURRENT.run is None or "abort" not in str(error):
                raise
            wave = CURRENT.run.plan.waves[CURRENT.run.wave].name
            raise AnsibleActionFail(f"{wave} is not watched to the end, and the run ends here, as was asked for") from error
        # The wait is over a little after its time, never before it.
        watched = int(time.monotonic() - begun)
        cut_short = watched < int(self._task.args["seconds"])
        if cut_short and CURRENT.run and CURRENT.recording and CURRENT.run.recorded:
            try:
                events.cut_short(CURRENT.recording, CURRENT.run, watched)
            except Refusal as refusal:
                raise AnsibleActionFail(str(refusal).removeprefix("error: ")) from None
        return result | {"cut_short": cut_short}

    def _judge(self, result: dict[str, Any], recording: Recording, groups: list[str]) -> dict[str, Any]:
        """Judges batches for as long as they are watched; nobody goes on before the time is over."""
        try:
            ill = events.judged(recording, groups, int(self._task.args["seconds"]), lambda line: Display().display(shown(line)))
        except Refusal as refusal:
            raise AnsibleActionFail(f"the gates could not be asked: {str(refusal).removeprefix('error: ')}") from None
        result |= {"changed": False, "cut_short": False, "ill": ill}
        return result | ({"failed": True, "msg": "; ".join(f"{group}: {why}" for group, why in ill.items())} if ill else {})
