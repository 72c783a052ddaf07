# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt)
"""Documentation of plugins/action/rollout_note.py, where Ansible looks for it."""

from __future__ import annotations

DOCUMENTATION = """
module: rollout_note
short_description: Notes where a batch stands
description:
  - A task of C(rollout.yml) and C(rollback.yml); it is not useful elsewhere.
  - Sets the statistics that ansible-runner and AWX pass on.
options:
  event:
    description: What happened to the batch.
    type: str
    required: true
    choices: [begun, in_service, done]
author:
  - regal-inventory (@regal-inventory)
"""

EXAMPLES = """
- name: Record that the batch has begun
  regal.rollout.rollout_note:
    event: begun
"""

RETURN = """
hosts:
  description: The hosts that are done with the event.
  returned: always
  type: list
  elements: str
bake:
  description: For how many seconds to watch the batch.
  returned: always
  type: int
"""
