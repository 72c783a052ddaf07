# SPDX-License-Identifier: MIT
"""The report at the end of a run: what is known, host by host, and nothing more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .batches import Batch
from .plan import Plan, names
from .run import WORDS, Run
from .settings import SETTINGS, Settings
from .texts import first_hosts, shortened


@dataclass(frozen=True)
class Options:
    """What ansible-playbook was told beside the variables."""

    check_mode: bool = False
    tags: Sequence[str] = ("all",)
    skip_tags: Sequence[str] = ()


# No step, but what became of hosts whose watch was interrupted.
UNWATCHED = "unwatched"
_WORDS = WORDS | {UNWATCHED: "in service, and not watched to the end"}
_TAKEN_BACK = (
    "rollout_version",
    "rollout_waves",
    "rollout_back_to",
    "rollout_hooks",
    "rollout_version_var",
    "rollout_gather_facts",
    "rollout_strategy",
    "rollout_on_event",
)


def report(run: Run, options: Options) -> list[str]:
    """Returns the lines: how many hosts came through, then those that did not, by the step they were lost in."""
    hosts = run.plan.hosts
    done = sum(run.state(host) == "done" for host in hosts)
    lines = [_headline(run, options, done, len(hosts))]
    untouched = []
    for batch in run.plan.chosen:
        by_step: dict[str, list[str]] = {}
        ill = run.gates.get(batch.group)
        for host in batch.hosts:
            by_step.setdefault(UNWATCHED if run.unwatched(host) else run.state(host), []).append(host)
        lines += [
            f"  {batch.group}, {words}: {', '.join(by_step[step])}" for step, words in _WORDS.items() if step in by_step
        ]
        if ill:
            lines.append(f"  {batch.group}, {ill}")
            lines.append("    look at it; the same command again judges it anew for its whole bake, and deploys nothing again before that")
        if "" in by_step:
            untouched.append(f"  {batch.group}, not started: {first_hosts(by_step[''])}")
    lines += shortened(untouched)
    earlier = {host for wave in run.plan.waves[:-1] for host in wave.hosts}
    if run.outcome() == "finished" and not run.plan.settings.back and earlier.intersection(run.lost()):
        lines.append("the run went to its end past the lost hosts")
    return lines


def _headline(run: Run, options: Options, done: int, all_: int) -> str:
    settings = run.plan.settings
    what = f"going back to {', '.join(dict.fromkeys(settings.back_to))}" if settings.back else ", ".join(settings.versions)
    return (
        f"finished {what}: {done} of {all_} hosts"
        + (" (check mode: nothing was changed)" if options.check_mode else "")
        + (f" (of the hooks only --tags {','.join(options.tags)})" if list(options.tags) != ["all"] else "")
        + (f" (of the hooks not --skip-tags {','.join(options.skip_tags)})" if options.skip_tags else "")
    )


def settings_to_go_on(run: Run) -> dict[str, str | None]:
    """Returns the rollout_ variables of the command that resumes the run; None for those it does without.

    Without installed.yml a rerun goes through finished hosts again, so the command starts at the first wave that is not finished;
    the plan id makes sure that it is still the same.
    """
    plan, settings = run.plan, run.plan.settings
    # The record of a frozen plan says where to go on.
    changed = {} if plan.standing else {"rollout_plan_id": plan.id}
    next_ = run.next_wave() if run.begun() else None
    one_name = len(settings.versions) == 1 or settings.parallel
    if next_ and one_name and not settings.back and not plan.standing and not plan.hooks.has("installed"):
        changed["rollout_from"] = plan.waves[next_].batch
    if run.to_approve:
        changed["rollout_approved"] = ",".join(dict.fromkeys((*settings.approved, *run.to_approve)))
    if plan.standing and run.outcome() == "finished":
        changed["rollout_retry_lost"] = "true"
    # What goes on is begun by somebody.
    of_this_run = {"rollout_take_over": None, "rollout_ignore_windows": None, "rollout_because": None}
    return {name: changed.get(name) or settings.printed(name) for name in SETTINGS} | of_this_run


def settings_to_go_back(run: Run) -> list[dict[str, str | None]]:
    """Returns the rollout_ variables of the commands that take what was begun back, from the last begun batch down.

    There is one for all versions, and one for each, the last begun first, where they came one after another.
    """
    plan, settings = run.plan, run.plan.settings
    back = taken_back(settings, plan.every, len(settings.versions) == 1)
    begun = [plan.waves[index] for index in run.begun()]
    if plan.standing:
        back["rollout_back_to"] = back["rollout_back_to"] or _rollback_to(plan)
        return [back] if begun or plan.standing.to_go_back else []
    back["rollout_to"] = names(plan.every)[0]
    if settings.parallel or len(settings.versions) == 1:
        return [back | {"rollout_from": begun[-1].batch, "rollout_plan_id": plan.id}] if begun else []
    last = {wave.parts[0].version: wave.batch for wave in begun}
    back_to = dict(zip(settings.versions, settings.back_to, strict=False))
    return [
        back | {"rollout_version": version, "rollout_back_to": back_to.get(version), "rollout_from": batch}
        for version, batch in reversed(last.items())
    ]


def taken_back(settings: Settings, every: Sequence[Batch], is_one: bool) -> dict[str, str | None]:
    """Returns the rollout_ variables that a way back through these batches takes over, of one version or of several."""
    back: dict[str, str | None] = {name: settings.printed(name) for name in _TAKEN_BACK}
    # Down to the first, whatever a file of variables says beside it.
    back["rollout_to"] = names(every)[0] if settings.parallel or is_one else None
    return back


def _rollback_to(plan: Plan) -> str | None:
    """Returns the versions that the policy of a frozen plan names for a way back, if it does so for all."""
    named = plan.standing.rollback_to if plan.standing else {}
    found = {batch.version: named[batch.group] for batch in plan.every if batch.group in named}
    return ",".join(found[version] for version in plan.settings.versions) if found.keys() >= set(plan.settings.versions) else None
