# SPDX-License-Identifier: MIT
"""A task that only waits: it changes no host, so it must keep nobody out of the record once its run was killed."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress

from .run import CURRENT

# Seconds between two looks.
PAUSE = 0.5


def let_go() -> None:
    """Gives back what a worker has of the lock on the record, and ends the worker with the process that it belongs to.

    In any other process but a worker it does nothing.
    """
    parent = os.getppid()
    if not CURRENT.process or os.getpid() == CURRENT.process or parent != CURRENT.process:
        return
    if CURRENT.lock is not None:
        with suppress(OSError):
            os.close(CURRENT.lock)
        CURRENT.lock = None
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PAUSE)
    os._exit(1)
