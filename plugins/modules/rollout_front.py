# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt)
"""Documentation of plugins/action/rollout_front.py, where Ansible looks for it."""

from __future__ import annotations

DOCUMENTATION = """
module: rollout_front
short_description: Works out what the hook for a load balancer is told, and checks that it was told
description:
  - A task of C(rollout.yml) and C(rollback.yml); it is not useful elsewhere.
options:
  finished:
    description: Whether the batch is finished.
    type: bool
  by:
    description: Fails unless this host told the front.
    type: str
author:
  - regal-inventory (@regal-inventory)
"""

EXAMPLES = """
- name: Work out what the front is told
  regal.rollout.rollout_front:
    finished: false
"""

RETURN = """
tell:
  description: Whether the batch has work, so that the front is to be told.
  returned: with O(finished)
  type: bool
"""
