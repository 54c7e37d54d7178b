"""Running a job from a command: exit codes, errors told in full, results as JSON where asked."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
import typer

from engine.cli.progress import console, terminal_reporter
from engine.domain.errors import BoxwrightError, JobCancelled
from engine.jobs.failure import as_boxwright_error
from engine.jobs.ranks import is_told_here, this_rank
from engine.jobs.reporter import Reporter
from engine.jobs.requests import Request

EXIT_FAILED, EXIT_CANCELLED = 1, 130
#: Seconds for the rank that tells: torchrun ends all ranks, these waiting ones too, once one ended.
_TELLING = 10.0


def run_job(request: Request, quiet: bool = False) -> dict[str, Any]:
    """Run ``request`` in this process. Exits 1 on an error that is told, 130 when cancelled."""
    with job(quiet) as reporter:
        from engine.workflows.dispatch import run

        return run(request, reporter)


@contextmanager
def job(quiet: bool = False) -> Iterator[Reporter]:
    """A reporter on the terminal; turns errors that a person can act on into exit codes.

    Of several ranks only the leader shows progress, and each error is told by one of them.
    """
    rank = this_rank()
    try:
        with terminal_reporter(quiet, rank.leads) as reporter:
            yield reporter
    except (JobCancelled, KeyboardInterrupt):
        if rank.leads:
            console.print("Cancelled; what was done before is kept.")
        raise typer.Exit(EXIT_CANCELLED) from None
    except BoxwrightError as error:
        if not is_told_here(error, rank):
            time.sleep(_TELLING)
            raise typer.Exit(EXIT_FAILED) from None
        fail(error)
    except OSError as error:
        if (known := as_boxwright_error(error)) is None:
            raise
        fail(known)


def fail(error: BoxwrightError) -> None:
    console.print(f"error: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(EXIT_FAILED)


def print_json(value: object) -> None:
    """One JSON document on standard output, nothing else."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=2)
    typer.echo(text)


@dataclass(frozen=True)
class Example:
    """A command line for ``--help``, with what it does."""

    command: str
    effect: str


def epilog(*examples: Example) -> str:
    """Examples under a command's help; a blank line keeps them apart in rich's Markdown."""
    lines = [f"`{example.command}` — {example.effect}" for example in examples]
    return "Examples:\n\n" + "\n\n".join(lines)
