# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt)
"""Documentation of plugins/action/rollout_came_back.py, where Ansible looks for it."""

from __future__ import annotations

DOCUMENTATION = """
module: rollout_came_back
short_description: Fails on a host that a rollback lost
description:
  - A task of C(rollback.yml); it is not useful elsewhere.
  - A rollback continues without lost hosts, so Ansible would exit with 0. This task makes it exit with 2.
author:
  - regal-inventory (@regal-inventory)
"""

EXAMPLES = """
- name: See that the host finished the rollback
  regal.rollout.rollout_came_back:
"""

RETURN = """{}"""
