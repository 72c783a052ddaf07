# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt)
"""Documentation of plugins/action/rollout_ask.py, where Ansible looks for it."""

from __future__ import annotations

DOCUMENTATION = """
module: rollout_ask
short_description: Asks for a yes, within a time limit
description:
  - Asks on the terminal. Fails if the answer is not C(yes), if nobody answers in time, or if there is no terminal.
  - Asks only once, not once per host.
options:
  prompt:
    description: The question.
    type: str
    required: true
  seconds:
    description: How long to wait for the answer, in seconds.
    type: int
    required: true
  next:
    description: The batch that is not touched without a yes; the message names it.
    type: str
    required: true
author:
  - regal-inventory (@regal-inventory)
"""

EXAMPLES = """
- name: Ask for approval
  regal.rollout.rollout_ask:
    prompt: Go on with shop-2.5.0_groupB1?
    seconds: 600
    next: shop-2.5.0_groupB1
"""

RETURN = """{}"""
