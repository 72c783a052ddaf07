# SPDX-License-Identifier: MIT
"""Keeps the record of a frozen plan while a playbook goes through it, by calling regal-inventory for each event."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from . import program
from .standing import Standing

# The exit code of another run that is alive, or may be.
BUSY = 6
# The exit code of a gate that says no.
LOST = 5
TAKE_OVER = "-e rollout_take_over=true"


class Recording:
    """The record of one frozen plan. Each method raises a program.Refusal where nothing could be recorded.

    `find` returns the program; `run` is the id of the run once it has begun, and `on_event` what each event is handed to.
    """

    def __init__(self, plan: str, find: Callable[[], str]) -> None:
        self.plan = plan
        self.run = ""
        self.on_event = ""
        self._find = find
        self._program = ""

    def standing(self) -> Standing:
        return Standing.of_document(json.loads(self._call("status", "--format", "json")))

    def start(self, process: int, command: str, back_to: str, take_over: bool, because: str = "") -> str:
        """Begins a run that lives as long as a process, and returns its id; `because` says why it goes back by itself."""
        words = ["--process", str(process), f"--command={command}"]
        words += [f"--back-to={back_to}"] if back_to else []
        words += ["--take-over"] if take_over else []
        words += [f"--because={because}"] if because else []
        return self._call("record", *self._told(), "start", *words).strip()

    def approve(self, groups: Sequence[str]) -> None:
        self._call("approve", *self._told(), "--", *groups)

    def begin(self, group: str, rest: bool) -> None:
        """Records that a batch begins; with `rest`, without its hosts that are done."""
        self._append("begin", *(["--rest"] if rest else []), "--", group)

    def done(self, group: str, hosts: Iterable[str], let_pass: bool) -> None:
        """Records that hosts are done; with `let_pass` their batch is, too, whatever became of its other hosts."""
        self._append("done", "--stdin", *(["--let-pass"] if let_pass else []), "--", group, hosts=hosts)

    def hosts_done(self, group: str, hosts: Iterable[str]) -> None:
        """Records that hosts are done, of a batch that is still to be watched."""
        self._append("done", "--stdin", "--hosts-only", "--", group, hosts=hosts)

    def lost(self, group: str, hosts: Iterable[str], step: str, message: str) -> None:
        words = [f"--{name}={text}" for name, text in (("step", step), ("message", message)) if text]
        self._append("lost", "--stdin", *words, "--", group, hosts=hosts)

    def lost_as_a_whole(self, group: str, step: str, message: str) -> None:
        """Records that a batch is lost although none of its hosts is."""
        self._append("lost", f"--step={step}", f"--message={message}", "--", group)

    def judge(self, groups: Sequence[str], seconds: int) -> Iterator[dict[str, Any]]:
        """Judges batches for so long, and yields what is measured, and what the gates say, as it is recorded."""
        words = ["judge", f"--run={self.run}", f"--seconds={seconds}", "--format=json", *self._told(), "--", *groups]
        for line in program.follow(self._found(), f"--plan={self.plan}", *words, well=(0, LOST)):
            event = json.loads(line)
            if isinstance(event, dict):
                yield event

    def ignore_windows(self, group: str) -> None:
        """Records that a batch begins although its windows are closed."""
        self._append("ignore-windows", "--", group)

    def bake(self, group: str, seconds: int) -> None:
        self._append("bake", "--", group, str(seconds))

    def cut_short(self, group: str, seconds: int) -> None:
        """Records that a watch was ended after these seconds, before its time was over."""
        self._append("bake", "--cut-short", "--", group, str(seconds))

    def end(self, outcome: str, why: str, group: str) -> None:
        """Records how the run ended, and why before all was done, at which batch."""
        if why:
            self._append("stop", *([f"--group={group}"] if group else []), "--", why)
        self._append("end", outcome)

    def _told(self) -> list[str]:
        return [f"--on-event={self.on_event}"] if self.on_event else []

    def _found(self) -> str:
        if not self._program:
            self._program = self._find()
        return self._program

    def _append(self, *words: str, hosts: Iterable[str] = ()) -> None:
        self._call("record", *self._told(), f"--run={self.run}", *words, text="".join(f"{host}\n" for host in hosts))

    def _call(self, *words: str, text: str = "") -> str:
        code, printed, message = program.call(self._found(), f"--plan={self.plan}", *words, text=text)
        if code == BUSY and "--take-over" in message:
            message = f"{message.splitlines()[0]}\n  hint: wait until it has ended; if you know that it has, take it over: {TAKE_OVER}"
        if code:
            raise program.Refusal(message or f"error: {self._program}: exit code {code}, with no message, for {self.plan}")
        return printed
