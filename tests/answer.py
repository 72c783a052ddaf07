"""Answers for programs in Python: imports what they are made of once and forks for each question, which saves their starts.

    answer.py MODULE ...

The modules are imported before the first question; what they read then, from environment and files, is settled. A question is a line of
JSON on stdin: module, function and arguments, the first of which is the name of the program; where they are not to be those of its start,
the folder and the whole environment; and whether stderr goes where stdout does. The answer is a line of JSON on stdout: {"code", "stdout",
"stderr"}. The code is negative for what a signal ended, and for what takes longer than ten minutes.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import random
import select
import signal
import sys
import tempfile
import traceback
from typing import NoReturn, Protocol, TypedDict

PATIENCE = 600
# No run makes so many objects that collecting them before its end saves anything.
SELDOM = 200_000


class File(Protocol):
    """What is used of a file."""

    def fileno(self) -> int: ...


class Question(TypedDict):
    """What is to be run, and where."""

    module: str
    function: str
    arguments: list[str]
    folder: str | None
    environment: dict[str, str] | None
    together: bool


def child(question: Question, stdout: File, stderr: File) -> NoReturn:
    """Is that program from here on."""
    code: object = 1
    # What was registered so far is for the end of the parent; what the program registers is for its own.
    atexit._clear()
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(stdout.fileno(), 1)
        os.dup2(stderr.fileno(), 2)
        if question["environment"] is not None:
            os.environ.clear()
            os.environ.update(question["environment"])
        if question["folder"] is not None:
            os.chdir(question["folder"])
        random.seed()
        sys.argv = question["arguments"]
        code = getattr(importlib.import_module(question["module"]), question["function"])()
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def code_of(pid: int) -> int:
    """Its exit code, when it has ended or was ended."""
    end = os.pidfd_open(pid)
    wait = select.poll()
    wait.register(end, select.POLLIN)
    if not wait.poll(PATIENCE * 1000):
        signal.pidfd_send_signal(end, signal.SIGKILL)
    os.close(end)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def answer(question: Question) -> dict[str, object]:
    """What one call prints, and its exit code."""
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        pid = os.fork()
        if pid == 0:
            child(question, stdout, stdout if question["together"] else stderr)
        code = code_of(pid)
        stdout.seek(0)
        stderr.seek(0)
        return {"code": code, "stdout": stdout.read().decode(), "stderr": stderr.read().decode()}


def main() -> None:
    for module in sys.argv[1:]:
        importlib.import_module(module)
    gc.set_threshold(SELDOM)
    gc.freeze()
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
