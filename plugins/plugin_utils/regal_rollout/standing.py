# SPDX-License-Identifier: MIT
"""How far the rollout of a frozen plan is, by its record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .batches import BATCH_GROUP

# Groups of the inventory of a frozen plan that has a record.
DONE, WAITING = "regal_done", "regal_waiting"
# The step of a batch that is lost since a gate said no.
GATE = "gate"


@dataclass(frozen=True)
class Standing:
    """What the record of a frozen plan says; `plan` is its file, `id` its id, and `record` the file of the record.

    `hosts`, `done`, `lost` and `back` have hosts by the group of their batch: all of them, those that are done or lost on the way forward,
    and those that are back. `begun` are the batches that were begun on the way forward, and `finished` those that are done, also where the policy let hosts of them pass. `watched` has since when a batch was watched, and for how many seconds.
    `back_to` has the version that a batch was taken back to, or several that went back together, with commas. `to_go_back` are the groups that a way back goes through, in its order. `approved` are those that may begin.
    `back_by_itself` are the batches whose version goes back where one of them is lost, and `rollback_to` has the version that the policy
    names for a way back. Of the batches that have `gates`, those are `ill` of which one said no. `held` has what keeps a batch from beginning
    now: `by` (window, blackout, cap), `why` and `until`.
    """

    plan: str = ""
    id: str = ""
    record: str = ""
    hosts: Mapping[str, frozenset[str]] = field(default_factory=dict)
    done: Mapping[str, frozenset[str]] = field(default_factory=dict)
    lost: Mapping[str, frozenset[str]] = field(default_factory=dict)
    back: Mapping[str, frozenset[str]] = field(default_factory=dict)
    begun: frozenset[str] = frozenset()
    finished: frozenset[str] = frozenset()
    watched: Mapping[str, tuple[datetime, int]] = field(default_factory=dict)
    back_to: Mapping[str, str] = field(default_factory=dict)
    to_go_back: tuple[str, ...] = ()
    approved: frozenset[str] = frozenset()
    back_by_itself: frozenset[str] = frozenset()
    rollback_to: Mapping[str, str] = field(default_factory=dict)
    gates: frozenset[str] = frozenset()
    ill: frozenset[str] = frozenset()
    held: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> Standing:
        """Reads what `regal-inventory status --format json` printed."""
        batches = document["batches"]

        def done(direction: str) -> dict[str, frozenset[str]]:
            return {batch["group"]: frozenset(batch["done"]) for batch in batches if batch["direction"] == direction and batch["done"]}

        return cls(
            plan=document["plan"],
            id=document["plan_id"],
            record=document["record"],
            hosts={
                batch["group"]: frozenset([*batch["done"], *batch["left"], *(lost["host"] for lost in batch["lost"])]) for batch in batches
            },
            done=done("forward"),
            lost={
                batch["group"]: frozenset(lost["host"] for lost in batch["lost"]) for batch in batches if batch["direction"] == "forward"
            },
            back=done("back"),
            begun=frozenset(batch["group"] for batch in batches if batch["direction"] == "forward"),
            finished=frozenset(batch["group"] for batch in batches if (batch["state"], batch["direction"]) == ("done", "forward")),
            watched={batch["group"]: _watched(batch["watched"]) for batch in batches if batch["watched"]},
            back_to={batch["group"]: batch["back_to"] for batch in batches if batch["direction"] == "back" and batch["back_to"]},
            to_go_back=tuple(document["to_go_back"]),
            approved=frozenset(batch["group"] for batch in batches if batch["approved_by"]),
            back_by_itself=frozenset(batch["group"] for batch in batches if batch["on_failure"] == "rollback"),
            rollback_to={batch["group"]: batch["rollback_to"] for batch in batches if batch["rollback_to"]},
            gates=frozenset(batch["group"] for batch in batches if batch["gates"]),
            held={batch["group"]: batch["held"] for batch in batches if batch["held"]},
            ill=frozenset(batch["group"] for batch in batches if (batch["lost_as_a_whole"] or {}).get("step") == GATE),
        )

    @classmethod
    def of_groups(cls, groups: Mapping[str, Sequence[str]]) -> Standing | None:
        """Returns what the groups of the inventory alone tell, for a list of hosts that nobody is going to touch.

        They do not tell how far a way back is, so that it has all batches.
        """
        if WAITING not in groups:
            return None
        batches = {group: frozenset(hosts) for group, hosts in groups.items() if BATCH_GROUP.fullmatch(group)}
        done = frozenset(groups.get(DONE, ()))
        return cls(
            hosts=batches,
            done={group: hosts & done for group, hosts in batches.items() if hosts & done},
            to_go_back=tuple(reversed(batches)),
        )

    def behind(self, group: str, back: bool) -> frozenset[str]:
        """Returns the hosts of a batch that are through with it on a way, or that nobody is going to try again."""
        if back:
            return self.back.get(group, frozenset())
        return self.hosts[group] if group in self.finished else self.done.get(group, frozenset())

    def still_to_watch(self, group: str, seconds: int, now: datetime) -> int:
        """Returns the seconds that are left of these; all of them where the clock went back, or a gate has said no."""
        if group not in self.watched or group in self.ill:
            return seconds
        gone = int((now - self.watched[group][0]).total_seconds())
        return max(0, seconds - gone) if gone >= 0 else seconds

    def unseen(self, group: str, now: datetime) -> bool:
        """Whether a batch is done, and its time to be watched is not over."""
        return group in self.finished and group in self.watched and self.still_to_watch(group, self.watched[group][1], now) > 0


def _watched(document: Mapping[str, Any]) -> tuple[datetime, int]:
    since = datetime.fromisoformat(document["since"].replace("Z", "+00:00"))
    return since, int(document["seconds"])
