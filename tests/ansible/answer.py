"""Answers for `ansible-inventory`: imports Ansible once and forks for each question, which saves its start.

A question is a line of JSON on stdin, the list of arguments; the answer is a line of JSON on stdout: {"code", "stdout", "stderr"}.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import traceback
from typing import NoReturn, Protocol


class File(Protocol):
    """What is used of a file."""

    def fileno(self) -> int: ...


def child(arguments: list[str], stdout: File, stderr: File) -> NoReturn:
    """Is `ansible-inventory` from here on."""
    from ansible.cli.inventory import main

    code: object = 1
    try:
        os.dup2(stdout.fileno(), 1)
        os.dup2(stderr.fileno(), 2)
        sys.argv = ["ansible-inventory", *arguments]
        code = main()
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def answer(arguments: list[str]) -> dict[str, object]:
    """What one call prints, and its exit code."""
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        pid = os.fork()
        if pid == 0:
            child(arguments, stdout, stderr)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        stdout.seek(0)
        stderr.seek(0)
        return {"code": code, "stdout": stdout.read().decode(), "stderr": stderr.read().decode()}


def main() -> None:
    import ansible.cli.inventory  # noqa: F401  # before the first fork

    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
