# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt)
"""Documentation of plugins/action/rollout_wait.py, where Ansible looks for it."""

from __future__ import annotations

DOCUMENTATION = """
module: rollout_wait
short_description: Waits while a batch of rollout.yml is watched
description:
  - Waits as M(ansible.builtin.pause) does. On a terminal, Ctrl+C and then C goes on at once, which the record of a frozen plan notes; Ctrl+C
    and then A ends the run, and the batch is watched by the next one.
  - While batches are judged, nobody goes on before the time is over, and Ctrl+C ends the run.
  - Ends with the run where that is killed.
options:
  seconds:
    description: How long to wait.
    type: int
    required: true
  judged:
    description: Groups of batches that C(regal-inventory judge) judges for as long. It fails where a gate says no of one, which is then in C(ill).
    type: list
    elements: str
    default: []
author:
  - regal-inventory (@regal-inventory)
"""

EXAMPLES = """
- name: Watch the batch
  regal.rollout.rollout_wait:
    seconds: 600
"""

RETURN = """
cut_short:
  description: Whether somebody went on before the time was over.
  type: bool
  returned: success
ill:
  description: Why a gate said no of a batch, by the batch's group.
  type: dict
  returned: where batches are judged
"""
