# SPDX-License-Identifier: MIT
"""The begin of a wave: whether it may begin, whether to ask first, and what is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from typing import Any

from .batches import Batch
from .plan import Plan, Wave, listed
from .policy import Policy
from .run import Run
from .texts import first_hosts, shortened


@dataclass(frozen=True)
class Opening:
    """A wave that is about to begin, seen with what came before it."""

    run: Run
    index: int
    policies: Mapping[str, Policy]

    @property
    def plan(self) -> Plan:
        return self.run.plan

    @property
    def wave(self) -> Wave:
        return self.plan.waves[self.index]

    @property
    def before(self) -> Wave | None:
        if self.plan.standing:
            return self.plan.earlier.get(self.wave.parts[0].group)
        return self.plan.waves[self.index - 1] if self.index else None

    @property
    def before_began(self) -> bool:
        """Whether the wave before it ever began, in this run or an earlier one; --limit may have left it out."""
        here = {part.group for wave in self.plan.waves[: self.index] for part in wave.parts}
        known = here | (self.plan.standing.begun if self.plan.standing else frozenset())
        return self.before is not None and any(part.group in known for part in self.before.parts)

    @property
    def gate(self) -> bool:
        """Whether gate.yml looks at the wave before. A bad release must not keep itself by its metrics, so not on the way back."""
        groups = {part.group for part in self.wave.parts}
        previous = self.plan.waves[self.index - 1].parts if self.index else ()
        # It did so before the hosts of the batch that were only to be watched.
        again = any(part.group in groups for part in previous)
        return self.before_began and not again and not self.plan.settings.back

    @property
    def last(self) -> bool:
        return self.index == len(self.plan.waves) - 1 and self.plan.reaches_end

    def policy(self, part: Batch) -> Policy:
        return self.policies.get(part.version, Policy())

    def lost(self) -> list[str]:
        """Returns the hosts lost in earlier waves, and those of earlier runs that this one does not try again."""
        before = [host for host in self.plan.lost if host not in self.plan.hosts]
        earlier = [host for wave in self.plan.waves[: self.index] for host in wave.hosts]
        return before + [host for host in earlier if host not in self.run.done]

    def too_many_lost(self) -> bool:
        """rollout_max_failed counts over the run, the inventory's max_failures over the hosts of each version, or of its stage."""
        settings = self.plan.settings
        if settings.back or not self._parts_before():
            return False
        if settings.max_failed is not None:
            return len(self.lost()) > settings.max_failed
        return bool(self.lost_too_many())

    def lost_too_many(self) -> list[str]:
        """Returns the versions of the wave before that lost more hosts than the inventory's max_failures; none where rollout_max_failed counts."""
        if self.plan.settings.max_failed is not None:
            return []
        lost = set(self.lost())
        parts = [part for part in self._parts_before() if self._lost_beside(part, lost) > self.policy(part).stage_of(part.number).max_failed]
        return list(dict.fromkeys(part.version for part in parts))

    def _parts_before(self) -> list[Batch]:
        """Returns the batches of the wave before, in this run and in the plan."""
        before = self.plan.waves[self.index - 1 : self.index] if self.index else []
        planned = self.before.parts if self.index < len(self.plan.waves) and self.before else ()
        return [*(part for wave in before for part in wave.parts), *planned]

    def _lost_beside(self, part: Batch, lost: set[str]) -> int:
        """Returns how many hosts of a batch's stage are lost; of its version where it has no stages."""
        stage = self.policy(part).stage_of(part.number)
        beside = (batch for batch in self.plan.every if batch.version == part.version and stage.first <= batch.number < stage.end)
        return len(lost.intersection(host for batch in beside for host in batch.hosts))

    def bake(self) -> int:
        """Returns the seconds to watch the wave: of its batches, the longest counts. Nothing follows the last one, but its gates."""
        if self.plan.settings.back or self.last and not self.judged():
            return 0
        given, standing = self.plan.settings.bake, self.plan.standing
        seconds = max(self.policy(part).bake_of(part.number) for part in self.wave.parts) if given is None else given
        if not seconds or not standing or not self.wave.watched:
            return seconds
        now = datetime.now(timezone.utc)
        # Its time may be over, and the check after it is still to come.
        return max(1, *(standing.still_to_watch(part.group, seconds, now) for part in self.wave.parts))

    def judged(self) -> list[str]:
        """Returns the groups of the wave whose gates judge them while they are watched."""
        standing = self.plan.standing
        return [part.group for part in self.wave.parts if standing and part.group in standing.gates and not self.plan.settings.back]

    def needs_approval(self) -> bool:
        """Whether the wave begins only if somebody lets it: one version that wants it is enough."""
        settings, before = self.plan.settings, self.before
        if settings.back or before is None:
            return False
        given = settings.text("rollout_approval") if "rollout_approval" in settings.given else None
        return any(self.policy(part).asks_after(part.number, partial(self._following, part), given) for part in before.parts)

    def _following(self, part: Batch) -> int | None:
        """Returns the number of the batch of the same version that comes next."""
        later = (batch.number for batch in self.plan.every if batch.version == part.version and batch.number > part.number)
        return min(later, default=None)

    def not_in_record(self) -> list[str]:
        """Returns the groups of the wave that the record of a frozen plan does not know as approved."""
        standing = self.plan.standing
        known = (standing.approved if standing else frozenset()) | self.run.approved
        return [part.group for part in self.wave.parts if part.group not in known]

    def asks(self) -> bool:
        """Whether to ask before the wave, unless it is approved."""
        if not self.needs_approval() or self.before is None:
            return False
        given = self.plan.settings.approved
        approved = {"all", self.before.batch}.intersection(given) or all(part.group in given for part in self.before.parts)
        return not approved and bool(self.not_in_record())

    def approval(self) -> tuple[str, ...]:
        """Returns what rollout_approved has to name for this wave: where batches of one name come one after another, the groups."""
        if self.before is None:
            return ()
        if self.plan.by_batch:
            return (self.before.batch,)
        return tuple(part.group for part in self.before.parts)

    def question(self) -> str:
        lost = self.lost()
        so_far = f", lost so far: {', '.join(lost)}" if lost else ""
        before = self.before.name if self.before else ""
        stands = "is done" if self.before_began else "was not begun"
        elsewhere = ", or press Enter once regal-inventory approve has recorded it" if self.plan.standing else ""
        return f"{before} {stands}{so_far}. Type yes to go on with {self.wave.name} ({first_hosts(self.wave.hosts, counted=False)}){elsewhere}"

    def lines(self, facts: Mapping[str, Any]) -> list[str]:
        """Returns what is said of the wave; of the whole run before the first. `facts` as `opening_facts` has them."""
        if self.index == 0:
            return self._of_the_run(facts)
        parallel, lost = self.plan.settings.parallel, self.lost()
        name = f"wave {self.wave.batch}, " if parallel else "batch "
        so_far = f"; lost so far: {', '.join(lost)}" if lost else ""
        return [f"{name}{self.index + 1} of {len(self.plan.waves)}: {_wave_text(self.wave)}{so_far}"]

    def _of_the_run(self, facts: Mapping[str, Any]) -> list[str]:
        plan, settings = self.plan, self.plan.settings
        lines = [self._headline(bool(facts.get("check_mode")))]
        waves = [f"  {f'wave {wave.batch}: ' if settings.parallel else ''}{_wave_text(wave)}" for wave in plan.waves]
        lines += shortened(waves)
        chosen = {batch.group for batch in plan.chosen}
        lines += [
            f"note: the canary ({batch.group}) is not part of this run"
            for batch in plan.every
            if batch.batch == "A" and batch.group not in chosen and not plan.through(batch.group)
        ]
        if plan.passed_over and not settings.text("rollout_plan_id"):
            what = "not rolled back" if settings.back else "taken for done"
            lines.append(f"note: {what}, since rollout_from is {settings.first}: {listed(plan.passed_over)}")
        lines += _target_notes(str(facts.get("version_var", "")), plan.hooks.read_the_target())
        lines += _frozen_notes(plan)
        if plan.left_out:
            lines.append(f"note: hosts of these batches left out by --limit {plan.limit}: {plan.left_out}")
        versions = dict.fromkeys(batch.version for batch in plan.chosen)
        notes = [note for version in versions for note in self.policies.get(version, Policy()).notes]
        lines += [f"note: {note}" for note in dict.fromkeys(notes)]
        return lines

    def _headline(self, check_mode: bool) -> str:
        plan, settings = self.plan, self.plan.settings
        back = f" to {', '.join(dict.fromkeys(settings.back_to))}" if settings.back else ""
        return (
            f"{'rolling back' if settings.back else 'rolling out'} {', '.join(settings.versions)}{back}"
            f"{' in parallel waves' if settings.parallel else ''}{' (check mode)' if check_mode else ''}, plan {plan.id};"
            f" hosts: {len(plan.hosts)}, batches: {len({batch.group for batch in plan.chosen})}{f', waves: {len(plan.waves)}' if settings.parallel else ''}"
        )


def _wave_text(wave: Wave) -> str:
    only = " (done before, and only watched for the rest of its time)" if wave.watched else ""
    return "; ".join(f"{part.group}: {first_hosts(part.hosts)}" for part in wave.parts) + only


def _frozen_notes(plan: Plan) -> list[str]:
    if not plan.standing:
        return []
    through = sum(len(plan.through(batch.group).intersection(batch.hosts)) for batch in plan.every)
    done = f"; {'back' if plan.settings.back else 'done'} before, by its record, and left out: {through} of its hosts" if through else ""
    return [f"note: the batches are those of the frozen plan {plan.standing.plan}{done}"]


def _target_notes(version_var: str, read: bool) -> Sequence[str]:
    if version_var:
        return [f"note: {version_var} is set to what each host is to run (rollout_version_var)"]
    if read:
        return []
    return [
        "warning: neither deploy.yml nor check.yml reads rollout_target, and no variable is set to it: what is deployed may be another"
        " version; let deploy.yml install rollout_target, or give rollout_version_var, the variable that your roles read"
    ]
