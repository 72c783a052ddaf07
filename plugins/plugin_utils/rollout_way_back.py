# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt)
"""Starts the rollback that follows a rollout by itself, and tells what became of both."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import rollout_command
import rollout_end
from ansible.errors import AnsibleError
from regal_rollout import way_back
from regal_rollout.program import Refusal
from regal_rollout.recording import Recording
from regal_rollout.run import Run
from regal_rollout.texts import first_hosts, shown
from regal_rollout.way_back import WayBack

_NOT_OURS = "this playbook is not rollout.yml, and what it gives to rollout.yml is not known"
# What end.yml is told.
FINISHED, FAILED = "finished", "failed"


def notes(run: Run) -> Iterator[str]:
    """Yields what is said of it before the first batch."""
    for version, to in way_back.back_by_itself(run.plan).items() if not run.plan.settings.back else ():
        if rollout_command.rollback():
            yield f"note: should a batch of {version} be lost, what was begun of it goes back to {to} by itself (on_failure: rollback)"
        else:
            yield f"warning: on_failure of {version} is rollback, and none can begin by itself: {_NOT_OURS}; the command is printed instead"


def go_back(run: Run, way: WayBack, recording: Recording) -> str:
    """Goes back in a process of its own, whose output passes through, and returns what became of it."""
    rollout_end.say(("", f"going back by itself: {way.name}, since {shown(way.because)} (on_failure: rollback)"))
    try:
        touched = way_back.touched(recording.standing(), run, way.versions)
        code = _started(way)
        back = recording.standing().back
    except (AnsibleError, OSError, Refusal) as error:
        why = str(error).removeprefix("error: ")
        rollout_end.say(("", *_stopped(way), f"the way back by itself did not begin: {why}", *_commands(run, way, True)))
        return FAILED
    hosts = [host for group in touched for host in sorted(touched[group])]
    left = [host for group in touched for host in sorted(touched[group] - back.get(group, frozenset()))]
    story = f"{way.name}, {len(hosts) - len(left)} of {len(hosts)} hosts are back"
    is_whole = not left and code == 0
    lines = [f"went back by itself: {story}"] if is_whole else [f"did not go back as a whole: {story}; exit code {code}, see above"]
    lines += [f"  not back: {first_hosts(left)}"] if left else []
    rollout_end.say(("", *_stopped(way), *lines, *_commands(run, way, not is_whole)))
    return FINISHED if is_whole else FAILED


def _stopped(way: WayBack) -> list[str]:
    return [f"stopped: {shown(way.because)}"]


def _commands(run: Run, way: WayBack, back: bool) -> Iterator[str]:
    yield from rollout_end.to_go_on(run)
    if back:
        # By hand it is a rollback like any other.
        playbook = rollout_command.rollback() or str(Path(__file__).resolve().parents[2] / "playbooks/rollback.yml")
        yield f"to go back: {rollout_command.command({**way.settings, 'rollout_because': None}, playbook=playbook)}"


def _started(way: WayBack) -> int:
    playbook = rollout_command.rollback()
    if not playbook:
        raise AnsibleError(_NOT_OURS)
    words = rollout_command.words(way.settings, playbook)
    sys.stdout.flush()
    # What asks for a password asks on the terminal of this run. Named, since from ansible-core 2.19 on no process inherits them.
    with subprocess.Popen(words, stdin=0, stdout=2 if rollout_end.to_stderr() else 1, stderr=2) as child:
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:
                # The rollback has it too, and says how far it came.
                continue
