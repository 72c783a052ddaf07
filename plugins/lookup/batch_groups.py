# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt)
"""The groups of a version's batches, for the `hosts:` of your own play."""

from __future__ import annotations

DOCUMENTATION = """
name: batch_groups
short_description: the groups of a version's batches, in order
description:
  - Returns the names of the batch groups of one or several versions, the canary first. It is what C(hosts) of a play takes.
  - Hosts that C(--limit) leaves out are not counted. A batch with no hosts left is left out. No host moves to another batch.
  - Fails before any host is touched if the version does not exist or has no batches, if C(--limit) leaves no host, if a host is in two of
    the batches or, before ansible-core 2.19, if a host's name is a template.
options:
  _terms:
    description:
      - The versions, one after another, as they stand in the names of the groups before C(_group).
      - Texts, or lists of texts. Quote a version in YAML, which reads 1.10 as 1.1.
    type: list
    elements: str
    required: true
notes:
  - It is for C(hosts:) and C(serial:) of a play. In a task it only knows the hosts of the play.
  - With C(--syntax-check), which reads no inventory, it returns C(localhost).
seealso:
  - plugin: regal.rollout.batch_sizes
    plugin_type: lookup
author:
  - regal-inventory (@regal-inventory)
"""

EXAMPLES = """
- name: Bring the release to the web servers
  hosts: "{{ lookup('regal.rollout.batch_groups', app_version) }}"
  serial: "{{ lookup('regal.rollout.batch_sizes', app_version) }}"
  order: inventory
  vars_files: [vars/release.yml]
  pre_tasks:
    - name: Stop where a host of an earlier batch was lost
      ansible.builtin.import_role:
        name: regal.rollout.gate
      run_once: true
  roles: [app]
"""

RETURN = """
_raw:
  description: group names, such as C(app-1.0.0_groupA), C(app-1.0.0_groupB1)
  type: list
  elements: str
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible import context
from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase
from ansible.release import __version__ as ansible_version

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugin_utils"))
from regal_rollout.own import Refused, of_play  # noqa: E402


class LookupModule(LookupBase):
    def run(self, terms: list[Any], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[str]:
        try:
            found = of_play(terms, variables or {}, context.CLIARGS, ansible_version)
        except Refused as refusal:
            raise AnsibleError(str(refusal)) from refusal
        return [batch.group for batch in found]
