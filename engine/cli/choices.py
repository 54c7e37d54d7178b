"""``boxwright methods``: what a training can be made of."""

from __future__ import annotations

from dataclasses import asdict

import typer
from rich.table import Table

from engine.cli.output import results
from engine.cli.projects import JsonOption
from engine.cli.running import Example, epilog, print_json
from engine.jobs.catalogue import BACKBONES, METHODS


def methods(json: JsonOption = False) -> None:
    """List the methods with their options and defaults, and the backbones."""
    if json:
        print_json(
            {
                "methods": [asdict(info) for info in METHODS],
                "backbones": [asdict(info) for info in BACKBONES],
            }
        )
        return
    out = results()
    for info in METHODS:
        out.print(f"[bold]{info.name}[/bold]  {info.title}: {info.description}", highlight=False)
        if info.options:
            table = Table("option", "default", "meaning", box=None, padding=(0, 1, 0, 4))
            for option in info.options:
                table.add_row(option.name, str(option.default), option.help)
            out.print(table)
    backbones = Table("backbone", "image size", "description", title="Backbones")
    for backbone in BACKBONES:
        backbones.add_row(backbone.name, str(backbone.image_size), backbone.description)
    out.print(backbones)


def register(app: typer.Typer) -> None:
    app.command(
        epilog=epilog(
            Example("boxwright methods", "what --method, -o and --backbone of train take"),
            Example("boxwright methods --json", "for a script"),
        )
    )(methods)
