"""The report as one HTML file: no script, no link to anywhere, every picture within."""

from __future__ import annotations

import base64
from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from engine.reporting import words
from engine.reporting.contents import Report


def html(report: Report) -> bytes:
    """UTF-8. All names are escaped."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["picture"] = _data_uri
    source = files("resources").joinpath("report/misdirection.html.j2").read_text("utf-8")
    text = environment.from_string(source).render(report=report, words=words)
    return text.encode("utf-8", "replace")  # a file name may hold what is no character


def _data_uri(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")
