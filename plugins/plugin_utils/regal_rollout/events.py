# SPDX-License-Identifier: MIT
"""What of a run the record of a frozen plan is told, and when.

A batch is recorded before anything of it runs, and a host as done once its batch is through, bake and all; so a run that was killed goes
through its last batch again, and through no host that the record knows as done.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from .batches import Batch
from .opening import Opening
from .policy import Policy
from .recording import Recording
from .run import Run
from .standing import GATE
from .texts import first_hosts


def begun(recording: Recording, opening: Opening) -> None:
    """Records that a wave begins, and that it was approved where that was needed. One that is only watched was begun before."""
    if opening.wave.watched:
        return
    if opening.needs_approval() and (approved := opening.not_in_record()):
        recording.approve(approved)
    for part in opening.wave.parts:
        recording.begin(part.group, rest=opening.plan.has_begun(part.group))
        # A batch that begins forgets who was lost; those that this wave does not try again are lost all the same.
        for host in [] if opening.plan.settings.back else opening.lost():
            if host in opening.plan.groups[part.group]:
                run = opening.run
                recording.lost(part.group, [host], run.steps.get(host, ""), run.reasons.get(host, "lost before, and not tried again"))


def watched(recording: Recording, run: Run, hosts: Collection[str], seconds: int) -> list[str]:
    """Records that these hosts of the wave are done, and that it is watched before it is; returns those that were lost."""
    lost: list[str] = []
    for part in run.plan.waves[run.wave].parts:
        here = [host for host in part.hosts if host not in hosts]
        _lost(recording, run, part, here)
        standing, is_new = run.plan.standing, not run.plan.waves[run.wave].watched
        if is_new and len(here) < len(part.hosts):
            recording.hosts_done(part.group, [host for host in part.hosts if host in hosts])
        # One of which a gate said no is watched anew.
        if len(here) < len(part.hosts) and (is_new or standing and part.group in standing.ill):
            recording.bake(part.group, seconds)
        lost += here
    return lost


def cut_short(recording: Recording, run: Run, seconds: int) -> None:
    """Records that somebody ended the watch of the wave after these seconds and goes on."""
    for part in run.plan.waves[run.wave].parts:
        if any(run.state(host) == "bake" for host in part.hosts):
            recording.cut_short(part.group, seconds)


def judged(recording: Recording, groups: Sequence[str], seconds: int, say: Callable[[str], None]) -> dict[str, str]:
    """Judges batches while they are watched, and returns why a gate said no of some, by their groups. Their hosts stay done."""
    found: dict[str, str] = {}
    values: dict[tuple[str, str], list[str]] = {}
    for event in recording.judge(groups, seconds):
        key = (str(event.get("group")), str(event.get("gate")))
        if event.get("event") == "measure":
            values.setdefault(key, []).append(_value(event))
        if event.get("event") == "gate" and event.get("verdict") != "ok":
            last = f"; last values: {' '.join(values[key][-5:])}" if key in values else ""
            found.setdefault(key[0], f"gate {key[1]} {event.get('verdict')}: {event.get('why') or 'no reason given'}{last}")
        say(_line(event))
    for group, why in found.items():
        recording.lost_as_a_whole(group, GATE, why)
    return found


def _value(event: Mapping[str, Any]) -> str:
    value = event.get("value")
    return f"{value:.4g}" if isinstance(value, (int, float)) else str(event.get("verdict"))


def _line(event: Mapping[str, Any]) -> str:
    """Returns what is shown of an event of `judge`."""
    value = f", {_value(event)}" if event.get("value") is not None else ""
    hosts = [f"{failed.get('host')}: {failed.get('why')}" for failed in event.get("hosts") or ()]
    why = "; ".join(filter(None, [event.get("message"), event.get("why"), first_hosts(hosts)]))
    what = "says" if event.get("event") == "gate" else "measured"
    return f"{event.get('group')}: gate {event.get('gate')} {what} {event.get('verdict')}{value}{f': {why}' if why else ''}"


def closed(recording: Recording, run: Run, hosts: Iterable[str], policies: Mapping[str, Policy]) -> bool:
    """Records what became of the hosts of the wave, of which these are through, and returns whether more were lost than may be."""
    done = {host for host in hosts if host not in run.left}
    lost = [host for host in run.plan.waves[run.wave].hosts if host not in done]
    too_many = bool(lost) and (run.plan.settings.back or Opening(run, run.wave + 1, policies).too_many_lost())
    for part in run.plan.waves[run.wave].parts:
        _lost(recording, run, part, [host for host in part.hosts if host not in done])
        here = [host for host in part.hosts if host in done]
        # Hosts that --limit left out are still to come, and so is their batch.
        seen = {host for wave in run.plan.waves[: run.wave + 1] for host in wave.hosts} | run.plan.through(part.group)
        is_whole = seen.issuperset(run.plan.groups[part.group])
        let_pass = is_whole and not (too_many and len(here) < len(part.hosts))
        if here or let_pass:
            recording.done(part.group, here, let_pass)
    return too_many


def ended(recording: Recording, run: Run, interrupted: bool) -> None:
    """Records what became of the last wave, unless that was done, and how the run ended."""
    for index in run.begun():
        # A watch that is interrupted is no loss: the next run watches for the rest of its time, and deploys nothing again.
        only_watched = (interrupted or run.gates) and index == run.wave and run.step == "bake"
        if index not in run.recorded_waves and not only_watched:
            for part in run.plan.waves[index].parts:
                _lost(recording, run, part, [host for host in part.hosts if host in run.lost()], "interrupted" if interrupted else "")
    recording.end(*outcome(run, interrupted))


def _lost(recording: Recording, run: Run, part: Batch, hosts: Collection[str], otherwise: str = "") -> None:
    by_step: dict[tuple[str, str], list[str]] = {}
    for host in [host for host in hosts if host not in run.recorded_lost]:
        step = run.left.get(host) or run.steps.get(host, "")
        by_step.setdefault((step, run.reasons.get(host, otherwise)), []).append(host)
    for (step, reason), together in by_step.items():
        recording.lost(part.group, together, step, reason)


def outcome(run: Run, interrupted: bool) -> tuple[str, str, str]:
    """Returns the outcome, why it went no further, and at which batch."""
    next_ = run.next_wave()
    group = "" if next_ is None else run.plan.waves[next_].parts[0].group
    if interrupted:
        return "interrupted", "interrupted", group
    if run.gates:
        return "lost", "a gate says no", next(iter(run.gates))
    if run.held:
        return "lost" if run.held["by"] == "cap" else "waiting", str(run.held["says"]), str(run.held["group"])
    if run.outcome() == "finished" and not run.too_many and not (run.plan.settings.back and run.lost()):
        return "done", "", ""
    if run.to_approve:
        group = run.plan.waves[run.wave].parts[0].group
        return "waiting", f"waiting for approval of {group}", group
    if run.lost():
        return "lost", "a batch is lost", group
    return "failed", "the playbook ended before all was done", group
