# SPDX-License-Identifier: MIT
"""What a run was asked for: the rollout_ variables, read once and typed, with all that is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# In the order in which they stand in a printed command.
SETTINGS = (
    "rollout_version",
    "rollout_waves",
    "rollout_back_to",
    "rollout_from",
    "rollout_to",
    "rollout_plan_id",
    "rollout_earlier_done",
    "rollout_approval",
    "rollout_approval_timeout",
    "rollout_approved",
    "rollout_bake",
    "rollout_max_failed",
    "rollout_hooks",
    "rollout_version_var",
    "rollout_gather_facts",
    "rollout_strategy",
    "rollout_take_over",
    "rollout_retry_lost",
    "rollout_on_event",
    "rollout_ignore_windows",
    "rollout_because",
)
# Set by the playbooks, and seen by hooks.
OWN = (
    "rollout_group",
    "rollout_batch",
    "rollout_target",
    "rollout_step",
    "rollout_failed",
    "rollout_installed",
    "rollout_outcome",
    "rollout_next_batch",
    "rollout_done",
    "rollout_in_progress",
    "rollout_lost",
    "rollout_away",
    "rollout_way_back",
)
DURATION = re.compile(r"[0-9]+|([0-9]+[dhms])+")
_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1, "": 1}
_YES = ("true", "yes", "1", "on", "y", "t")
APPROVALS = ("never", "after_canary", "each_batch", "after_stage", "true", "yes", "false", "no")


def seconds(duration: object) -> int:
    """Returns the seconds of `90`, `90s`, `10m`, `1h30m`."""
    return sum(int(count) * _UNITS[unit] for count, unit in re.findall(r"([0-9]+)([dhms]?)", str(duration)))


def truth(value: object) -> bool:
    return str(value).lower() in _YES


def asks_always(approval: object) -> bool:
    return str(approval).lower() in ("each_batch", "true", "yes")


def asks_after_canary(approval: object) -> bool:
    return str(approval).lower() == "after_canary"


def asks_after_stage(approval: object) -> bool:
    return str(approval).lower() == "after_stage"


@dataclass(frozen=True)
class Settings:
    """The variables of a run. `given` are those that were given, by name, as Ansible has them."""

    back: bool
    given: Mapping[str, Any]
    versions: tuple[str, ...]
    back_to: tuple[str, ...]
    first: str
    last: str
    approved: tuple[str, ...]
    problems: tuple[str, ...] = field(default=(), compare=False)

    @property
    def parallel(self) -> bool:
        return self.text("rollout_waves") == "parallel"

    @property
    def bake(self) -> int | None:
        """Seconds, or None where the inventory's policy says."""
        return seconds(self.given["rollout_bake"]) if "rollout_bake" in self.given else None

    @property
    def max_failed(self) -> int | None:
        return int(self.given["rollout_max_failed"]) if "rollout_max_failed" in self.given else None

    @property
    def approval_timeout(self) -> int:
        return seconds(self.text("rollout_approval_timeout") or "1h")

    def text(self, name: str) -> str:
        """Returns a setting as a text, empty where it was not given."""
        value = self.given.get(name)
        return "" if value is None or value is False else str(value)

    def printed(self, name: str) -> str | None:
        """Returns a setting as `-e` takes it, or None where the command does without it."""
        if name not in self.given:
            return None
        value = self.given[name]
        if isinstance(value, Sequence) and not isinstance(value, str):
            value = ",".join(map(str, value))
        # Empty, it says that no variable is set.
        return str(value) if str(value) or name == "rollout_version_var" else None


def read(variables: Mapping[str, Any], back: bool) -> Settings:
    """Returns the settings among the variables that Ansible has before there is any host: those of `-e` and of the play."""
    given = {name: variables[name] for name in SETTINGS if name in variables and not of_the_play(variables[name])}
    versions = _names(given.get("rollout_version"))
    back_to = _names(given.get("rollout_back_to"), whole=len(versions) <= 1)
    if len(back_to) == 1:
        back_to *= max(len(versions), 1)
    settings = Settings(
        back=back,
        given=given,
        versions=versions,
        back_to=back_to,
        first=_batch(given.get("rollout_from")),
        last=_batch(given.get("rollout_to")),
        approved=tuple(map(_batch, _names(given.get("rollout_approved"), plain=True))),
    )
    found = (*_unknown(variables), *_version_problems(given, versions), *_back_problems(settings), *_form_problems(settings))
    return Settings(**{**vars(settings), "problems": found})


def _batch(name: object) -> str:
    """Returns a batch's name: groupB2 is B2."""
    return re.sub(r"^group", "", str(name)) if name else ""


def _names(value: object, whole: bool = False, plain: bool = False) -> tuple[str, ...]:
    """Returns the names in `a,b` or in a list; of a list only texts, unless plain values will do."""
    if isinstance(value, str):
        parts = [value] if whole else [part.strip() for part in value.split(",")]
        return tuple(str(part) for part in parts if part)
    if isinstance(value, Sequence):
        return tuple(str(part) for part in value if plain or isinstance(part, str))
    return (str(value),) if plain and value not in (None, False) else ()


def of_the_play(value: object) -> bool:
    """Whether a variable is the play's own, which are all templates over `_rollout`."""
    return isinstance(value, str) and "{{ _rollout." in value


def _unknown(variables: Mapping[str, Any]) -> list[str]:
    names = [name for name in variables if name.startswith("rollout_")]
    found = [
        f"unknown variable {name}; there are {', '.join(SETTINGS)}" for name in names if name not in SETTINGS and name not in OWN
    ]
    if any(name in OWN and not of_the_play(variables[name]) for name in names):
        found.append(f"{', '.join(OWN)} are set by the playbook and cannot be given")
    return found


def _version_problems(given: Mapping[str, Any], versions: Sequence[str]) -> list[str]:
    value = given.get("rollout_version", "")
    is_list = isinstance(value, Sequence) and not isinstance(value, str)
    if not (isinstance(value, str) or is_list and all(isinstance(part, str) for part in value)):
        return ["rollout_version must be text or a list of texts: quote it, since YAML reads 1.10 as 1.1"]
    return [] if versions or "rollout_version" not in given else ["rollout_version names no version"]


def _back_problems(settings: Settings) -> list[str]:
    if not settings.back and "rollout_because" in settings.given:
        return ["rollout_because says why a rollback began by itself; leave it out"]
    if not settings.back:
        return ["rollout_back_to must be the version to go back to, as text"] if _back_to_is_odd(settings) else []
    found = []
    if not settings.back_to:
        found.append("rollout_back_to is needed: the version to go back to, as text")
    elif settings.versions and len(settings.back_to) != len(settings.versions):
        found.append("rollout_back_to must be one version, or one for each in rollout_version")
    return found


def _back_to_is_odd(settings: Settings) -> bool:
    return "rollout_back_to" in settings.given and len(settings.back_to) != len(settings.versions)


def _form_problems(settings: Settings) -> list[str]:
    """Returns what is wrong with the form of each setting, whatever the inventory is."""
    given, found = settings.given, []

    def hold(name: str, holds: bool, what: str) -> None:
        if name in given and not holds:
            found.append(f"{name} must be {what}")

    def text(name: str) -> str:
        return str(given.get(name, ""))

    duration = "seconds or a duration such as 90s, 10m, 1h30m"
    hold("rollout_waves", text("rollout_waves") in ("", "sequential", "parallel"), "sequential or parallel")
    for name in ("rollout_take_over", "rollout_retry_lost", "rollout_earlier_done", "rollout_ignore_windows"):
        hold(name, text(name).lower() in ("true", "yes", "false", "no"), "true or false")
    hold("rollout_approval_timeout", bool(DURATION.fullmatch(text("rollout_approval_timeout"))), duration)
    hold("rollout_approval", text("rollout_approval").lower() in APPROVALS, "never, after_canary, each_batch or after_stage")
    hold("rollout_bake", bool(DURATION.fullmatch(text("rollout_bake"))), duration)
    hold("rollout_max_failed", bool(re.fullmatch("[0-9]+", text("rollout_max_failed"))), "a number of hosts")
    name = text("rollout_version_var")
    hold("rollout_version_var", not name or bool(re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name)), "the name of a variable, or empty for none")
    hold("rollout_strategy", text("rollout_strategy").endswith("linear"), "a kind of linear, such as mitogen_linear: the batches depend on it")
    return found
