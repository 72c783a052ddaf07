# SPDX-License-Identifier: MIT
"""What a run of ansible-playbook says of single hosts to `regal-inventory run`, without Ansible. In doubt nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

# What Ansible's recap counts of a host that nothing went wrong with is none of these.
SUSPECT = ("failures", "unreachable", "rescued", "ignored")
_LONGEST = 200


class Results:
    """Follows the plays of one playbook.

    A host is done if it has a result of the last task of each play that it is in, and nothing ever went wrong with it. It is lost if the last
    that is known of it is that it failed or could not be reached.
    """

    def __init__(self, plays: Iterable[str]) -> None:
        """Takes the ids of the plays that are to come."""
        self._to_come = set(plays)
        self._last: dict[str, str | None] = {}
        self._hosts: dict[str, set[str]] = {}
        self._play = ""
        self._finished: set[tuple[str, str]] = set()
        self._wrong: dict[str, str | None] = {}
        self._was_cut = False

    def begin(self, play: str, hosts: Iterable[str], last: str | None) -> None:
        """A play begins, once for each of its `serial` batches, with all its hosts; `last` is its last task if that can be known."""
        self._play = play
        self._to_come.discard(play)
        self._hosts[play] = set(hosts)
        self._last[play] = last

    def good(self, host: str, task: str) -> None:
        """A task ended well on a host, or was skipped."""
        if host in self._wrong:
            # It goes on: in an `always`, a `rescue` or after `ignore_errors`, and where that leads is not known.
            self._wrong[host] = None
        if task == self._last.get(self._play):
            self._finished.add((self._play, host))

    def bad(self, host: str, what: str, cuts: bool, counts: bool = True) -> None:
        """A task failed, or the host could not be reached. `cuts`: the play may end for the others too. `counts` is false where Ansible ignores it."""
        self._was_cut |= cuts and counts
        self._wrong[host] = what if counts else None

    def lines(self, counts: Mapping[str, Mapping[str, int]], hosts: Iterable[str]) -> list[str]:
        """Returns a line for each of these hosts that something is known of, by what Ansible's recap counts."""
        said = []
        for host in hosts:
            if not host or host.split() != [host]:
                continue
            count = counts.get(host, {})
            what = self._wrong.get(host)
            if what is not None and (count.get("failures") or count.get("unreachable")):
                said.append(f"{host} lost {' '.join(what.split())[:_LONGEST]}")
            elif self._is_done(host) and not any(count.get(key) for key in SUSPECT):
                said.append(f"{host} ok")
        return said

    def _is_done(self, host: str) -> bool:
        its_plays = [play for play, hosts in self._hosts.items() if host in hosts]
        finished = all(self._last[play] is not None and (play, host) in self._finished for play in its_plays)
        return bool(its_plays) and finished and not self._to_come and not self._was_cut and host not in self._wrong
