"""Answers for programs in Python: imports what they are made of once and forks for each question, which saves their starts.

    answer.py MODULE ...

The modules are imported before the first question. A question is a line of JSON on stdin, [module, function, arguments], the first argument
the name of the program; the answer is a line of JSON on stdout: {"code", "stdout", "stderr"}.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
import traceback
from typing import NoReturn, Protocol


class File(Protocol):
    """What is used of a file."""

    def fileno(self) -> int: ...


def child(module: str, function: str, arguments: list[str], stdout: File, stderr: File) -> NoReturn:
    """Is that program from here on."""
    code: object = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(stdout.fileno(), 1)
        os.dup2(stderr.fileno(), 2)
        sys.argv = arguments
        code = getattr(importlib.import_module(module), function)()
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def answer(module: str, function: str, arguments: list[str]) -> dict[str, object]:
    """What one call prints, and its exit code."""
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        pid = os.fork()
        if pid == 0:
            child(module, function, arguments, stdout, stderr)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        stdout.seek(0)
        stderr.seek(0)
        return {"code": code, "stdout": stdout.read().decode(), "stderr": stderr.read().decode()}


def main() -> None:
    for module in sys.argv[1:]:
        importlib.import_module(module)
    for line in sys.stdin:
        print(json.dumps(answer(*json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
