# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt)
"""The batches of a rollout as an inventory: what the program regal-inventory makes of a configuration, without a run bit on it."""

from __future__ import annotations

DOCUMENTATION = """
name: batches
short_description: The batches of a rollout, as regal-inventory plans them
description:
  - Reads a configuration of regal-inventory and adds its groups, hosts and variables to the inventory, as the configuration itself does
    where it is executable. It needs neither a run bit nor a C(#!) line.
  - Reads a frozen plan, which C(regal-inventory plan --save) wrote, in the same way.
  - Takes a file that ends in C(.yml) or C(.yaml) and has C(plugin) with one of the two names below.
  - Calls the program C(regal-inventory), which must be installed on the controller. All that the file says is for that program, which
    reports a misspelt key. The plugin's own options stand in the environment and in C(ansible.cfg), so no option of the file is one of Ansible's;
    C(cache), too, is the program's, which keeps what scripts and C(ansible-inventory) print.
notes:
  - Ansible continues without an inventory that fails. Set C(any_unparsed_is_failed = true) under C([inventory]) in C(ansible.cfg).
  - For C(plugin=regal-inventory) name the plugin under C(enable_plugins) in C(ansible.cfg), before C(auto). With
    C(plugin=regal.rollout.batches) the plugin C(auto) finds it.
author:
  - regal-inventory (@regal-inventory)
options:
  plugin:
    description: What makes the file a configuration of regal-inventory.
    type: str
    required: true
    choices:
      - regal.rollout.batches
      - regal-inventory
  binary:
    description:
      - The program, if it is not the C(regal-inventory) in C(PATH) or in the Python package C(regal_inventory).
      - In C(ansible.cfg) relative to that file.
    type: path
    env:
      - name: REGAL_INVENTORY_BINARY
    ini:
      - section: regal_rollout
        key: binary
"""

EXAMPLES = """
# rollout.regal.yml: a canary of one host for each version, then two hosts at a time
plugin: regal.rollout.batches
inventory: hosts.ini
groups_only: true
version_from: {var: app_version}
canary: 1
batch_size: 2

# ansible-inventory -i hosts.ini -i rollout.regal.yml --graph
"""

import json
import sys
from pathlib import Path
from typing import Any

from ansible import constants as C
from ansible.errors import AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.inventory import BaseInventoryPlugin

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugin_utils"))
from regal_rollout import configuration, program  # noqa: E402


class InventoryModule(BaseInventoryPlugin):
    """An inventory source for Ansible."""

    NAME = "regal.rollout.batches"

    # Ansible may try one file with this plugin twice, by itself and through `auto`.
    _displayed: set[str] = set()

    def verify_file(self, path: str) -> bool:
        return super().verify_file(path) and configuration.is_ours(path)

    def parse(self, inventory: InventoryData, loader: DataLoader, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        # `plugin` is all of the file that concerns Ansible.
        self.set_options(direct={"plugin": self.NAME})
        try:
            self._see_that_it_is_the_only_one(path)
            text, warnings = self._printed(path)
        except program.Refusal as refusal:
            message = str(refusal)
            self._display_first(message)
            line = message.partition("\n")[0].removeprefix("error: ")
            raise AnsibleParserError(f"regal-inventory gives no inventory; its message stands above: {line}") from None
        if warnings:
            self.display.warning(warnings, formatted=True)
        self._add(self._decoded(text))

    def _display_first(self, message: str) -> None:
        """Displays a message as it is, before Ansible says what each of its plugins could not read, in lines that it breaks again."""
        if message not in self._displayed:
            self._displayed.add(message)
            self.display.display(message, color=C.COLOR_ERROR, stderr=True)

    def _see_that_it_is_the_only_one(self, path: str) -> None:
        """Two would share the group `regal`, and a batch of one name would have the hosts of both."""
        earlier = [source for source in self.inventory.processed_sources if source]
        regal = self.inventory.groups.get("regal")
        if regal is None or "regal_plan_id" not in regal.vars or path in earlier:
            return
        other = next(filter(configuration.is_ours, earlier), None) or "one of " + ", ".join(earlier)
        raise program.Refusal(
            f"error: {path}: an inventory of regal-inventory was read already, {other}: the batches of two would be mixed\n"
            "  hint: use one of them, or one configuration with a list of sources under `inventory`"
        )

    def _printed(self, path: str) -> tuple[str, str]:
        unknown = configuration.unknown_options(C.CONFIG_FILE)
        if unknown:
            raise program.Refusal("\n".join(unknown))
        named, origin = self.get_option_and_origin("binary")
        found = program.find(named, str(origin))
        program.see_that_it_fits(found)
        return program.listing(found, path)

    def _decoded(self, text: str) -> dict[str, Any]:
        """Returns the inventory, in which the values of variables, and nothing else, may be templates, as in that of any script."""
        try:
            from ansible.module_utils.common.json import get_decoder
            from ansible.template import trust_as_template
        except ImportError:
            # Before ansible-core 2.19.
            return self.loader.load(text, json_only=True)
        return json.loads(trust_as_template(text), cls=get_decoder("inventory_legacy"))

    def _add(self, listing: dict[str, Any]) -> None:
        variables = listing.pop("_meta")["hostvars"]
        for name, content in listing.items():
            group = self.inventory.add_group(name)
            for host in content.get("hosts", ()):
                self.inventory.add_host(host, group)
            for variable, value in content.get("vars", {}).items():
                self.inventory.set_variable(group, variable, value)
            for child in content.get("children", ()):
                self.inventory.add_child(group, self.inventory.add_group(child))
        for host, values in variables.items():
            for variable, value in values.items():
                self.inventory.set_variable(host, variable, value)
