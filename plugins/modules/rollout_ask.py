# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt)
"""Documentation of plugins/action/rollout_ask.py, where Ansible looks for it."""

from __future__ import annotations

DOCUMENTATION = """
module: rollout_ask
short_description: Asks for a yes, for so long
description:
  - Asks on the terminal, and fails without a C(yes). That is so where the answer is another one, where nobody answers in time, and where there is no terminal.
  - Asks once, however many hosts the play has.
options:
  prompt:
    description: The question.
    type: str
    required: true
  seconds:
    description: How long to wait for the answer.
    type: int
    required: true
  next:
    description: What is not touched without a yes, for the message.
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
