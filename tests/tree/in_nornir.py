"""Prints what nornir finds in each inventory file that is named on a line of stdin, through its plugin nornir_ansible.

One line a file: a JSON object of the hosts, each with the groups that list it and with all groups that it is in.
"""

import json
import sys

from nornir import InitNornir


def hosts(path: str) -> dict[str, dict[str, list[str]]]:
    """The hosts of a file with their groups."""
    found = InitNornir(
        inventory={"plugin": "AnsibleInventory", "options": {"hostsfile": path}},
        logging={"enabled": False},
    ).inventory.hosts
    return {
        name: {
            "listed": sorted(group.name for group in host.groups),
            "within": sorted(group.name for group in host.extended_groups()),
            "hostname": host.hostname,
        }
        for name, host in found.items()
    }


for line in sys.stdin:
    print(json.dumps(hosts(line.rstrip("\n"))))
