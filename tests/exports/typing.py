"""Types lines into a shell that has a terminal, and says what became of each.

    typing.py < CALL

CALL is JSON: `command` starts the shell, `environment` is its environment, `folder` where it starts, `lines` what is typed, TABs
included. The shell has a function `regal-inventory` that prints its arguments as `<one><two>END`, in the place of the command, so what
the shell itself makes of the completed line is seen; its prompt is `$ `. Prints a JSON list: for each line the arguments, and all that
was on the terminal.
"""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import sys
import time

LONGEST = 120.0


def read(terminal: int, until: str) -> str:
    """Returns what is printed until the pattern stands in it, or until it has taken too long."""
    seen = ""
    end = time.monotonic() + LONGEST
    while not re.search(until, seen) and time.monotonic() < end:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            part = os.read(terminal, 65536)
        except OSError:
            break
        if not part:
            break
        seen += part.decode(errors="replace")
    return seen


def main() -> None:
    call = json.load(sys.stdin)
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(call["folder"])
        os.execvpe(call["command"][0], call["command"], call["environment"])
    said = []
    try:
        ready = read(terminal, r"READY[\s\S]*\$ ")
        if "READY" not in ready:
            sys.exit(f"the shell did not start: {ready!r}")
        for line in call["lines"]:
            # the shell takes one key after the other, however fast they come
            os.write(terminal, line.encode() + b"\r")
            screen = read(terminal, r"END\r?\n[\s\S]*\$ ")
            found = re.search(r"((?:<[^>]*>)*)END\r?\n", screen)
            said.append({"arguments": re.findall(r"<([^>]*)>", found[1]) if found else None, "screen": screen})
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
    json.dump(said, sys.stdout)


if __name__ == "__main__":
    main()
