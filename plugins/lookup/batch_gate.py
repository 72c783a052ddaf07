# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt)
"""Whether the next batch of a play may begin, for the role `gate`."""

from __future__ import annotations

DOCUMENTATION = """
name: batch_gate
short_description: whether the next batch of a play may begin
description:
  - Looks at which hosts of the play are lost, that is failed or could not be reached, as the role P(regal.rollout.gate#role) does.
  - For the first task of a play that goes through batches.
options:
  _terms:
    description: nothing; it looks at the play
  max_failed:
    description: how many hosts may be lost before the next batch begins
    type: int
    default: 0
  exact:
    description: whether to fail where the hosts of the batch are not one of the inventory's batches
    type: bool
    default: true
author:
  - regal-inventory (@regal-inventory)
"""

EXAMPLES = """
- name: Say whether the batch may begin
  ansible.builtin.debug:
    msg: "{{ lookup('regal.rollout.batch_gate', max_failed=1).says }}"
  run_once: true
"""

RETURN = """
_raw:
  description: one mapping
  type: list
  elements: dict
  contains:
    stop:
      description: whether the play must end before this batch
      type: bool
    says:
      description: which batch it is, what is lost, and how to go on, a line each
      type: list
      elements: str
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugin_utils"))
from regal_rollout.own import Refused, gate  # noqa: E402


class LookupModule(LookupBase):
    def run(self, terms: list[Any], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[dict[str, Any]]:
        try:
            return [gate(variables or {}, kwargs.get("max_failed", 0), kwargs.get("exact", True))._asdict()]
        except Refused as refusal:
            raise AnsibleError(str(refusal)) from refusal
