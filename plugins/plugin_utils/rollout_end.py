# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt)
"""The end of a run: the report, and the hook that is run whatever became of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import Context

import rollout_command
from ansible import constants
from ansible import context
from ansible.errors import AnsibleError
from ansible.executor.task_queue_manager import TaskQueueManager
from ansible.inventory.manager import InventoryManager
from ansible.playbook import Playbook
from ansible.playbook.play import Play
from ansible.utils.display import Display
from regal_rollout import events
from regal_rollout.program import Refusal
from regal_rollout.report import Options, report as lines_of, settings_to_go_back, settings_to_go_on
from regal_rollout.run import CURRENT, Run

_state = {"under_way": False}


def under_way() -> bool:
    """Whether the hook runs at this moment, whose tasks are not part of the run."""
    return _state["under_way"]


def report(run: Run, commands: bool = True) -> None:
    """Prints where every host stands, and the commands that go on and back unless something goes back by itself."""
    given = context.CLIARGS
    options = Options(bool(given.get("check")), list(given.get("tags") or ["all"]), list(given.get("skip_tags") or []))
    lines = lines_of(run, options)
    if commands and any(run.state(host) != "done" for host in run.plan.hosts):
        lines += [*to_go_on(run), *_to_go_back(run)]
    say(("", *lines))


def record(run: Run, interrupted: bool = False) -> None:
    """Records how the run of a frozen plan ended. It has ended all the same where that cannot be written."""
    if not CURRENT.recording or not run.recorded:
        return
    try:
        events.ended(CURRENT.recording, run, interrupted)
    except Refusal as refusal:
        Display().warning(f"the end of the run is not in the record: {str(refusal).removeprefix('error: ')}", formatted=True)


def say(lines: Iterable[str]) -> None:
    """Prints lines. What reads the output as JSON is to find nothing else there."""
    for line in lines:
        Display().display(line, stderr=to_stderr())


def to_stderr() -> bool:
    """Whether stdout is for programs."""
    return str(constants.DEFAULT_STDOUT_CALLBACK).endswith(("json", "jsonl"))


def to_go_on(run: Run) -> Iterator[str]:
    yield f"to go on: {rollout_command.command(settings_to_go_on(run), limit=_limit(run))}"


def _to_go_back(run: Run) -> Iterator[str]:
    playbook = "" if run.plan.settings.back else rollout_command.rollback()
    for settings in settings_to_go_back(run) if playbook else []:
        ask = rollout_command.asks_for("ROLLOUT_BACK_TO", "the version to go back to")
        missing = "" if settings["rollout_back_to"] else f" -e rollout_back_to={ask}"
        yield f"to go back: {rollout_command.command(settings, playbook=playbook)}{missing}"


def _limit(run: Run) -> str:
    """Returns what --limit is to be: of a rollback that came to its end, the hosts that did not come back; else what it was."""
    states = {host: run.state(host) for host in run.plan.hosts}
    if not run.plan.settings.back or "" in states.values():
        return ""
    hosts = [host for host, state in states.items() if state != "done"]
    # Without a comma Ansible takes a name with a space for two.
    return ",".join(hosts) + ("," if any(" " in host for host in hosts) else "")


def run_hook(playbook: Playbook, run: Run, passwords: Mapping[str, str | None], way_back: str = "") -> None:
    """Runs end.yml on the controller. Its failure is said, and changes nothing of the outcome.

    `way_back` says what became of a rollback that followed by itself, if one did.
    """
    if not run.plan.hooks.usable("end"):
        return
    next_ = run.next_wave()
    variables = {
        "rollout_outcome": run.outcome(),
        "rollout_lost": run.lost(),
        "rollout_plan_id": run.plan.id,
        "rollout_next_batch": "" if next_ is None else run.plan.waves[next_].batch,
        "rollout_version": ",".join(run.plan.settings.versions),
        "rollout_way_back": way_back,
    }
    tasks = [{"name": "Run end.yml", "ansible.builtin.include_tasks": str(run.plan.hooks.path("end"))}]
    source = {"name": "End the run", "hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": tasks}
    manager = playbook.get_plays()[0].get_variable_manager()
    _state["under_way"] = True
    try:
        with _whole(manager._inventory) as inventory:
            play = Play.load(source, variable_manager=manager, loader=playbook._loader)
            queue = TaskQueueManager(inventory=inventory, variable_manager=manager, loader=playbook._loader, passwords=dict(passwords))
            try:
                if queue.run(play):
                    Display().warning(f"{run.plan.hooks.path('end')} failed, see above")
            finally:
                queue.cleanup()
    except AnsibleError as error:
        Display().warning(f"{run.plan.hooks.path('end')} could not be run: {error}")
    finally:
        _state["under_way"] = False


def run_hook_apart(playbook: Playbook, run: Run, passwords: Mapping[str, str | None], way_back: str = "") -> None:
    """Does the same while Ansible fills in a template, in whose context no task can run: in one of its own."""
    Context().run(run_hook, playbook, run, passwords, way_back)


@contextmanager
def _whole(inventory: InventoryManager) -> Iterator[InventoryManager]:
    """The inventory without the limits of the run, under which there would be no localhost."""
    subset, restriction = inventory._subset, inventory._restriction
    inventory.subset(None)
    inventory.remove_restriction()
    try:
        yield inventory
    finally:
        inventory._subset, inventory._restriction = subset, restriction
