# SPDX-License-Identifier: MIT
"""The way back that begins by itself where the policy of a frozen plan says `on_failure: rollback`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from . import events
from .opening import Opening
from .plan import Plan
from .policy import Policy
from .report import taken_back
from .run import Run
from .standing import Standing
from .texts import first_hosts


@dataclass(frozen=True)
class WayBack:
    """Which versions go back to which others, why, and the rollout_ variables of the command."""

    versions: tuple[str, ...]
    to: tuple[str, ...]
    because: str
    settings: Mapping[str, str | None]

    @property
    def name(self) -> str:
        """What goes back, and where to, for people."""
        return f"{', '.join(self.versions)} to {', '.join(dict.fromkeys(self.to))}"


def way_back(run: Run, interrupted: bool, policies: Mapping[str, Policy]) -> WayBack | None:
    """Returns the way back that follows the end of a run: once, where hosts were lost, and never where somebody ended it."""
    standing, settings = run.plan.standing, run.plan.settings
    if standing is None or settings.back or not run.recorded or events.outcome(run, interrupted)[0] != "lost":
        return None
    goes_back = back_by_itself(run.plan)
    versions = tuple(version for version in _to_blame(run, policies) if version in goes_back)
    if not versions:
        return None
    to, because = tuple(goes_back[version] for version in versions), because_of(run)
    every = [batch for batch in run.plan.every if batch.version in versions]
    changed = {"rollout_version": ",".join(versions), "rollout_back_to": ",".join(to), "rollout_because": because}
    return WayBack(versions, to, because, taken_back(settings, every, len(versions) == 1) | changed)


def back_by_itself(plan: Plan) -> dict[str, str]:
    """Returns the versions of a plan that go back by themselves, each with the version that it goes back to: what was given comes first."""
    standing = plan.standing or Standing()
    given = dict(zip(plan.settings.versions, plan.settings.back_to, strict=False))
    return {
        batch.version: given.get(batch.version) or standing.rollback_to[batch.group]
        for batch in plan.every
        if batch.group in standing.back_by_itself
    }


def because_of(run: Run) -> str:
    """Returns why a run ended, in a few words."""
    lost = set(run.lost())
    parts = []
    if run.held:
        return f"{run.held['group']} does not begin: {run.held['says']}"
    for part in run.plan.waves[run.begun()[-1]].parts:
        by_step: dict[str, list[str]] = {}
        for host in [host for host in part.hosts if host in lost]:
            by_step.setdefault(run.state(host), []).append(host)
        parts += [f"{part.group}: {run.gates[part.group]}"] if part.group in run.gates else []
        parts += [f"{part.group} lost {first_hosts(hosts)} in {step}" for step, hosts in by_step.items()]
    return "; ".join(parts)


def touched(standing: Standing, run: Run, versions: tuple[str, ...]) -> dict[str, frozenset[str]]:
    """Returns the hosts that are to go back, by the group of their batch; with --limit only those that something is known of."""
    groups = {batch.group for batch in run.plan.every if batch.version in versions}

    def hosts(group: str) -> frozenset[str]:
        if not run.plan.limit:
            return standing.hosts[group]
        known = standing.done.get(group, frozenset()) | standing.lost.get(group, frozenset()) | run.steps.keys()
        return standing.hosts[group] & known

    return {group: hosts(group) for group in standing.to_go_back if group in groups}


def _to_blame(run: Run, policies: Mapping[str, Policy]) -> list[str]:
    """Returns the versions that lost more than may be; where none did by itself, those that lost a host in the last wave that began."""
    if run.held:
        return [part.version for part in run.plan.chosen if part.group == run.held["group"]][:1]
    lost, last = set(run.lost()), run.begun()[-1]
    lost_here = [part.version for part in run.plan.waves[last].parts if lost.intersection(part.hosts)]
    ill = [part.version for part in run.plan.chosen if part.group in run.gates]
    return list(dict.fromkeys(ill)) or Opening(run, last + 1, policies).lost_too_many() or list(dict.fromkeys(lost_here))
