# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt)
"""Documentation of plugins/action/rollout_open.py, where Ansible looks for it."""

from __future__ import annotations

DOCUMENTATION = """
module: rollout_open
short_description: Opens a batch, unless something is wrong with the plan
description:
  - A task of C(rollout.yml) and C(rollback.yml); it is not useful elsewhere.
  - Works out what the hosts and tasks of the batch ask for, once for all of them.
author:
  - regal-inventory (@regal-inventory)
"""

EXAMPLES = """
- name: Look at the batch
  regal.rollout.rollout_open:
  register: _rollout
"""

RETURN = """
of:
  description: What is different for each host, its group, batch and target among it.
  returned: always
  type: dict
"""
