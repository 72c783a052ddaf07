# SPDX-License-Identifier: MIT
"""What has become of a run so far.

There is one run in a process. The callback keeps it while Ansible goes on; a task sees it as it was when its worker was forked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .plan import Plan
from .recording import Recording
from .settings import truth

# What is said of a host that was lost in a step; the playbooks name these in `rollout_step`.
WORDS = {
    "begin": "lost before drain",
    "installed": "lost before drain",
    "drain": "lost in drain, may be drained",
    "deploy": "lost in deploy, is drained",
    "check": "lost in check, is drained",
    "enable": "lost in enable, may be drained",
    "bake": "lost in bake, is in service",
    "front": "finished, but the front does not know",
}


@dataclass
class Run:
    """A run: its plan, the hosts of the batches that were begun with the step each has reached, and those that are done."""

    plan: Plan
    # The step in which a host began its last task.
    steps: dict[str, str] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    # Hosts that failed or could not be reached, until they begin another task, since a hook may rescue them.
    stuck: set[str] = field(default_factory=set)
    # Hosts that a rollback continues without, with the step they were lost in.
    left: dict[str, str] = field(default_factory=dict)
    step: str = ""
    wave: int = -1
    # Whether something could not be reached since the front was to be told.
    front_away: bool = False
    # The command that goes on has to approve these.
    to_approve: tuple[str, ...] = ()
    # Why hosts were lost, for the record.
    reasons: dict[str, str] = field(default_factory=dict)
    # Whether the record of a frozen plan knows of this run, and the waves of which it has all that became of their hosts.
    recorded: bool = False
    recorded_waves: set[int] = field(default_factory=set)
    recorded_lost: set[str] = field(default_factory=set)
    # Whether the last wave that ended lost more hosts than may be.
    too_many: bool = False
    # Batches that were approved since the run began, by their groups.
    approved: set[str] = field(default_factory=set)
    # Why a gate said no of a batch, by the group.
    gates: dict[str, str] = field(default_factory=dict)
    # What keeps the next batch from beginning: `group`, `by` and `says`.
    held: dict[str, Any] = field(default_factory=dict)
    # Whether it was ended by its user.
    interrupted: bool = False

    def open(self, host: str) -> None:
        """Notes which wave comes, by a host of it."""
        self.wave = self.plan.wave_of(host)
        self.step = ""

    def begin(self) -> None:
        """Notes that the wave has begun."""
        self.step = "begin"
        for host in self.plan.waves[self.wave].hosts:
            self.steps[host] = self.step

    def start(self, host: str) -> None:
        """Notes that a host begins a task of the step."""
        if self.step and host in self.steps and host not in self.left:
            self.steps[host] = self.step
            self.stuck.discard(host)
            self.reasons.pop(host, None)

    def explain(self, host: str, reason: str) -> None:
        """Notes why a host was lost, should it be."""
        self.reasons[host] = reason

    def lose(self, host: str) -> None:
        """Notes that the run continues without the host."""
        if host in self.steps and host not in self.done:
            self.left.setdefault(host, self.steps[host])

    def close(self, hosts: Iterable[str]) -> None:
        """Notes that these hosts of the wave are done."""
        self.done.update(host for host in hosts if host not in self.left)

    def everyone(self) -> None:
        """Notes that a task which runs once for all hosts was lost in this step."""
        if self.wave >= 0:
            for host in self.plan.waves[self.wave].hosts:
                if host not in self.stuck:
                    self.start(host)

    def has_work(self, hosts: Iterable[str], variables_of: Callable[[str], Mapping[str, Any]]) -> bool:
        """Whether a host of the wave has anything to do; on a rerun installed.yml may have found none.

        A batch that the record of a frozen plan does not know as done was not watched either.
        """
        if self.plan.standing or not self.plan.hooks.has("installed"):
            return True
        return any(not truth(variables_of(host).get("rollout_installed", False)) for host in hosts)

    def state(self, host: str) -> str:
        """Returns done, the step a host was lost in, or nothing where its batch has not begun."""
        return "done" if host in self.done else self.left.get(host) or self.steps.get(host, "")

    def begun(self) -> list[int]:
        """Returns the waves that have begun, by number."""
        return [index for index, wave in enumerate(self.plan.waves) if any(map(self.state, wave.hosts))]

    def lost(self) -> list[str]:
        """Returns the hosts that did not come through, in the order of the plan; asked between two waves or at the end."""
        return [host for host in self.plan.hosts if self.state(host) not in ("", "done") and not self.unwatched(host)]

    def unwatched(self, host: str) -> bool:
        """Whether the watch of a host ended before its time, which is no loss of the host."""
        is_watched = self.state(host) == "bake" and self.plan.wave_of(host) == self.wave
        return (self.interrupted or bool(self.gates)) and is_watched and host not in self.stuck

    def outcome(self) -> str:
        """Returns finished, stopped or refused."""
        begun = self.begun()
        if not begun:
            return "refused"
        through = len(begun) == len(self.plan.waves) and (self.closed_last or not self.lost())
        return "finished" if through and not self.interrupted and not self.gates else "stopped"

    def stats(self, done: Iterable[str]) -> dict[str, Any]:
        """Notes that these hosts are done, and returns what stands should nothing follow: the outcome, and the next batch, empty at the end."""
        hosts = list(done)
        self.close(hosts)
        next_ = self.next_wave()
        last = bool(hosts) and self.wave == len(self.plan.waves) - 1
        return {
            "rollout_plan_id": self.plan.id,
            "rollout_outcome": "finished" if last else "stopped",
            "rollout_next_batch": "" if next_ is None else self.plan.waves[next_].batch,
        }

    @property
    def closed_last(self) -> bool:
        """Whether the last wave came to its end for a host at least."""
        return any(host in self.done for host in self.plan.waves[-1].hosts)

    def next_wave(self) -> int | None:
        """Returns the first wave with a host that is not done."""
        open_ = (index for index, wave in enumerate(self.plan.waves) if any(self.state(host) != "done" for host in wave.hosts))
        return next(open_, None)


class Current:
    """The run of this process, and the record that it keeps where it goes through a frozen plan."""

    run: Run | None = None
    recording: Recording | None = None
    # The process that the run lives as long as; tasks run in others.
    process: int = 0
    # The lock on the record, which workers inherit.
    lock: int | None = None
    # The plan that `hosts:` of the play was filled in by, until its first batch is opened.
    pending: Plan | None = None
    # Whether there was nothing left to do, so that there is no run.
    over: bool = False
    # The variables of a host before any play has begun.
    variables_of: Callable[[str], Mapping[str, Any]] | None = None
    # Told of a plan that is refused before any play begins, and of a run that another one follows in the same playbook.
    refused: Callable[[Plan], None] | None = None
    ended: Callable[[Run], None] | None = None


CURRENT = Current()


def begin(plan: Plan) -> None:
    """Begins the run of a plan; the one before it is over then."""
    before = CURRENT.run
    if before and (before.begun() or before.recorded) and CURRENT.ended:
        CURRENT.ended(before)
    CURRENT.run, CURRENT.over = Run(plan), False
    if CURRENT.recording:
        CURRENT.recording.on_event = plan.settings.text("rollout_on_event")
