# SPDX-License-Identifier: MIT
"""The program regal-inventory: where it is, whether it is recent enough, and what it says of a configuration."""

from __future__ import annotations

import ctypes
import importlib.util
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

NAME = "regal-inventory"
# The oldest program whose inventories the collection understands.
OLDEST = (0, 1, 0)
# The Python package that may bring the program along, in its folder `bin` or where pip puts programs.
PACKAGE = "regal_inventory"
HOW_TO_NAME_IT = "REGAL_INVENTORY_BINARY=PATH, or `binary = PATH` under [regal_rollout] in ansible.cfg"
# Seconds for `--version`, against a program that is another one and waits for something.
PATIENCE = 30
_PR_SET_PDEATHSIG = 1


class Refusal(Exception):
    """Why there is no inventory, in words for whoever runs Ansible, with what to do."""


def find(named: str | None, origin: str) -> str:
    """Returns the path of the program: the one that an option names, else the one in PATH, else that of the Python package.

    `origin` says where the option was set.
    """
    if named:
        if not Path(named).exists():
            raise Refusal(f"error: {named}: no such file, which {origin} names\n  hint: install {NAME} there, or name another: {HOW_TO_NAME_IT}")
        return named
    found = shutil.which(NAME) or _in_package()
    if not found:
        raise Refusal(f"error: the program {NAME} was not found in PATH\n  hint: install it, or name it: {HOW_TO_NAME_IT}")
    return found


def _in_package() -> str | None:
    """Returns the program of the Python package, which is found without running any code of it.

    Where Ansible runs from a virtual environment that is not activated, the environment's programs are not in PATH.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if not spec:
        return None
    folders = [Path(folder, "bin") for folder in spec.submodule_search_locations or []]
    folders += [Path(sysconfig.get_path("scripts")), Path(sysconfig.get_path("scripts", "posix_user"))]
    return next((str(path) for path in (folder / NAME for folder in folders) if path.is_file()), None)


def see_that_it_fits(program: str) -> None:
    """Raises a Refusal if the program is another one, or older than the collection needs."""
    result = _run(program, "--version")
    printed = result.stdout.decode(errors="replace").strip()
    match = re.fullmatch(rf"{NAME} (\d+)\.(\d+)\.(\d+)\S*", printed)
    if not match:
        printed = "\n".join(filter(None, (printed[:200], _stderr(result)[:2000])))
        raise Refusal(f"error: {program}: is not {NAME}, or does not run here; --version printed: {printed}\n  hint: name another: {HOW_TO_NAME_IT}")
    if tuple(map(int, match.groups())) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise Refusal(
            f"error: {program}: this is {printed}, and the collection regal.rollout needs {oldest} or newer\n"
            f"  hint: install a newer {NAME}, or name another: {HOW_TO_NAME_IT}"
        )


def listing(program: str, configuration: str) -> tuple[str, str]:
    """Returns the inventory that a configuration gives, as JSON for Ansible, and warnings, which may be empty."""
    result = _run(program, "--config", configuration, "--list", patience=None)
    if result.returncode:
        raise Refusal(_stderr(result) or f"error: {program}: {_end(result.returncode)}, with no message, for {configuration}")
    return result.stdout.decode(), _stderr(result)


def failures(program: str, sources: Iterable[tuple[str, str]]) -> list[str]:
    """Returns for each inventory that fails what is wrong with it. `sources` are files, each with the option that names it."""
    found = []
    for option, file in sources:
        result = _run(program, option, file, "--list", patience=None)
        if result.returncode:
            words = _stderr(result).removeprefix("error: ") or f"{file}: {_end(result.returncode)}, with no message"
            found.append(f"an inventory failed: {words}")
    return found


def call(program: str, *arguments: str, text: str) -> tuple[int, str, str]:
    """Returns the exit code, what was printed, and messages; `text` is what it reads from stdin."""
    result = _run(program, *arguments, patience=None, text=text)
    return result.returncode, result.stdout.decode(), _stderr(result)


def follow(program: str, *arguments: str, well: Collection[int]) -> Iterator[str]:
    """Yields the lines that it prints as they come. It ends with this process, and with another exit code than these there is a Refusal."""
    try:
        # What it says to people goes into a file, since nobody reads two pipes at once.
        with tempfile.TemporaryFile() as errors, subprocess.Popen(
            [program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True, preexec_fn=_end_with_parent()
        ) as child:
            yield from child.stdout or ()
            code = child.wait()
            errors.seek(0)
            message = errors.read().decode(errors="replace").rstrip()
    except OSError as error:
        raise Refusal(f"error: {program}: cannot be run: {error.strerror}\n  hint: name another: {HOW_TO_NAME_IT}") from error
    if code not in well:
        raise Refusal(message or f"error: {program}: {_end(code)}, with no message, for {' '.join(arguments)}")


def _end_with_parent() -> Callable[[], object] | None:
    """Returns what makes a new process end with the one that started it, where the system can."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _run(program: str, *arguments: str, patience: int | None = PATIENCE, text: str | None = None) -> subprocess.CompletedProcess[bytes]:
    data = None if text is None else text.encode()
    try:
        return subprocess.run([program, *arguments], input=data, capture_output=True, check=False, timeout=patience)
    except PermissionError as error:
        hint = f"chmod +x {program}; or name another: {HOW_TO_NAME_IT}"
        raise Refusal(f"error: {program}: may not be run: {error.strerror}\n  hint: {hint}") from error
    except OSError as error:
        hint = f"it must be built for this machine and its C library; name another: {HOW_TO_NAME_IT}"
        raise Refusal(f"error: {program}: cannot be run: {error.strerror}\n  hint: {hint}") from error
    except subprocess.TimeoutExpired as error:
        raise Refusal(f"error: {program}: did not answer within {patience} seconds\n  hint: name another: {HOW_TO_NAME_IT}") from error


def _end(code: int) -> str:
    """Returns how a program ended that did not succeed."""
    return f"exit code {code}" if code > 0 else f"ended by {signal.Signals(-code).name}"


def _stderr(result: subprocess.CompletedProcess[bytes]) -> str:
    return result.stderr.decode(errors="replace").rstrip()
