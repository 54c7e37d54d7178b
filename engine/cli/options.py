"""Values of options, parsed and checked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from engine.domain.errors import InputError
from engine.domain.settings import BoxSettings, Normalisation


def parse_options(pairs: list[str]) -> dict[str, Any]:
    """``["beta=2.5", "block_h=adaptive"]`` as a dictionary; numbers and booleans by their look."""
    options: dict[str, Any] = {}
    for pair in pairs:
        name, separator, text = pair.partition("=")
        if not separator or not name.strip():
            raise InputError(
                f"{pair!r} is not of the form NAME=VALUE.", remedy="For example: -o beta=2.5"
            )
        options[name.strip()] = _value(text.strip())
    return options


def parse_scales(text: str) -> tuple[float, ...]:
    """``"0.75,1,1.25"`` as numbers. Raises InputError."""
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(
            f"The scales {text!r} are no numbers with commas between them.",
            remedy="For example: --scales 0.75,1,1.25",
        ) from error


def _value(text: str) -> Any:
    try:
        return msgspec.json.decode(text.lower())
    except msgspec.DecodeError:
        return text


def project_boxes(
    project: Path,
    threshold: float | None,
    normalisation: Normalisation | None,
    multiple: bool | None,
) -> BoxSettings:
    """The project's box settings with what was given on the command line."""
    from engine.store.project import Project

    with Project.open(project.expanduser()) as opened:
        boxes = opened.settings().boxes
    given: dict[str, Any] = {
        "threshold": threshold,
        "normalisation": normalisation,
        "multiple": multiple,
    }
    return replace(boxes, **{name: value for name, value in given.items() if value is not None})
