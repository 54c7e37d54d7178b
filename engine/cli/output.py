"""Where results go: standard output, in lines that a file or a pipe gets unbroken."""

from __future__ import annotations

from rich.console import Console


def results() -> Console:
    """A console that breaks no line on its own: a path in two halves is no path any more."""
    return Console(soft_wrap=True)
