"""``boxwright``: the window, and every job by hand."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from engine.cli import (
    choices,
    demo,
    evaluating,
    exporting,
    importing,
    learning,
    looking,
    projects,
    reproducing,
    starting,
    training,
)
from engine.cli.running import Example, epilog
from engine.cli.window import open_window

app = typer.Typer(
    name="boxwright",
    help="Turns image labels into bounding boxes. Without a command it opens the window.",
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
    pretty_exceptions_enable=False,
)
_MODULES = (
    demo,
    projects,
    choices,
    training,
    starting,
    evaluating,
    reproducing,
    exporting,
    importing,
    looking,
    learning,
)
for module in _MODULES:
    module.register(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"boxwright {version('boxwright')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def no_command(
    context: typer.Context,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        raise typer.Exit(open_window(None))


@app.command(
    "open", epilog=epilog(Example("boxwright open birds", "opens the window on project birds"))
)
def open_command(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
) -> None:
    """Open the window on a project."""
    raise typer.Exit(open_window(project))


def main() -> None:
    app()


if __name__ == "__main__":
    main()
