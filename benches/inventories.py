#!/usr/bin/env python3
"""Writes the same inventory of N hosts as INI, YAML, a script with its JSON, and up to 10,000 hosts a folder with host_vars.

usage: inventories.py N FOLDER   ->  FOLDER/hosts.ini  FOLDER/hosts.yml  FOLDER/hosts.json  FOLDER/script  FOLDER/site/

21 groups in three levels, two variables a leaf group, five variables a host. The same N gives the same bytes.
"""

import json
import os
import sys

MOST_FILES = 10_000
VERSIONS = ["shop-2.4.0", "shop-2.4.1", "shop-2.5.0-rc1"]


def inventory(count: int) -> tuple[dict, dict, dict]:
    """Leaf groups with their hosts' variables, leaf groups with their own, and the groups above them."""
    leaves = [f"tier{tier}_pool{pool}" for tier in range(4) for pool in range(4)]
    hosts: dict[str, dict[str, dict]] = {leaf: {} for leaf in leaves}
    for i in range(count):
        # A multiplier without common factors with the moduli spreads hosts like chance would, but repeatably.
        mixed = i * 7919
        hosts[leaves[mixed % 16]][f"node{i:07d}.dc{i % 3}.example.net"] = {
            "ansible_host": f"10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}",
            "app_version": VERSIONS[mixed // 16 % 3],
            "zone": f"z{i % 3}",
            "rack": f"r{mixed % max(1, count // 40)}",
            "weight": mixed % 8 + 1,
        }
    own = {leaf: {"http_port": 8080 + i, "team": f"team-{i}"} for i, leaf in enumerate(leaves)}
    above = {f"tier{tier}": [f"tier{tier}_pool{pool}" for pool in range(4)] for tier in range(4)}
    above["site"] = list(above)
    return hosts, own, above


def main() -> None:
    count, folder = int(sys.argv[1]), sys.argv[2]
    os.makedirs(folder, exist_ok=True)
    hosts, own, above = inventory(count)

    with open(f"{folder}/hosts.ini", "w", encoding="utf-8") as ini:
        for leaf, members in hosts.items():
            ini.write(f"[{leaf}]\n")
            for host, variables in members.items():
                ini.write(host + "".join(f" {name}={value}" for name, value in variables.items()) + "\n")
            ini.write(f"[{leaf}:vars]\n" + "".join(f"{name}={value}\n" for name, value in own[leaf].items()))
        for group, children in above.items():
            ini.write(f"[{group}:children]\n" + "".join(f"{child}\n" for child in children))

    with open(f"{folder}/hosts.yml", "w", encoding="utf-8") as yml:
        for leaf, members in hosts.items():
            yml.write(f"{leaf}:\n  vars:\n" + "".join(f"    {name}: {value}\n" for name, value in own[leaf].items()))
            yml.write("  hosts:\n" if members else "")
            for host, variables in members.items():
                yml.write(f"    {host}:\n" + "".join(f"      {name}: {value}\n" for name, value in variables.items()))
        for group, children in above.items():
            yml.write(f"{group}:\n  children:\n" + "".join(f"    {child}:\n" for child in children))

    script: dict[str, dict] = {leaf: {"hosts": list(members), "vars": own[leaf]} for leaf, members in hosts.items()}
    script |= {group: {"children": children} for group, children in above.items()}
    script["_meta"] = {"hostvars": {host: of for members in hosts.values() for host, of in members.items()}}
    with open(f"{folder}/hosts.json", "w", encoding="utf-8") as out:
        json.dump(script, out)
    with open(f"{folder}/script", "w", encoding="utf-8") as program:
        program.write(f"#!/bin/sh\nexec cat {os.path.abspath(folder)}/hosts.json\n")
    os.chmod(f"{folder}/script", 0o755)
    if count <= MOST_FILES:
        site(f"{folder}/site", hosts, own, above)


def site(folder: str, hosts: dict, own: dict, above: dict) -> None:
    """The directory: names alone in `hosts`, a file for each group's and each host's variables."""
    for name in ("group_vars", "host_vars"):
        os.makedirs(f"{folder}/{name}", exist_ok=True)
    with open(f"{folder}/hosts.ini", "w", encoding="utf-8") as ini:
        for leaf, members in hosts.items():
            ini.write(f"[{leaf}]\n" + "".join(f"{host}\n" for host in members))
        for group, children in above.items():
            ini.write(f"[{group}:children]\n" + "".join(f"{child}\n" for child in children))
    files = [(f"group_vars/{leaf}", of) for leaf, of in own.items()]
    files += [(f"host_vars/{host}", of) for members in hosts.values() for host, of in members.items()]
    for name, variables in files:
        with open(f"{folder}/{name}.yml", "w", encoding="utf-8") as out:
            out.write("---\n" + "".join(f"{key}: {value}\n" for key, value in variables.items()))


if __name__ == "__main__":
    main()
