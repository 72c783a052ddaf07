# SPDX-License-Identifier: MIT
"""Long lists as people read them."""

from __future__ import annotations

from collections.abc import Sequence


def first_hosts(hosts: Sequence[str], counted: bool = True) -> str:
    """Returns the first five, and how many more there are."""
    rest = len(hosts) - 5
    more = (f" and {rest} more" if counted else " …") if rest > 0 else ""
    return ", ".join(hosts[:5]) + more


def shown(text: str) -> str:
    """Returns the text with escapes for what a terminal would act on or not show; names and notes may hold anything."""
    return "".join(mark if mark.isprintable() else mark.encode("unicode_escape").decode() for mark in text)


def shortened(lines: Sequence[str]) -> list[str]:
    """Returns the first twelve lines and the last one, and how many are between."""
    between = [f"  … {len(lines) - 13} more …"] if len(lines) > 13 else []
    return [*lines[:12], *between, *lines[12:][-1:]]
