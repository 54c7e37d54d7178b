"""The report as a PDF: A4 sheets of text, tables, bars and pictures."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_pdf import PdfPages

from engine.reporting import words
from engine.reporting.contents import Example, Panel, Report, RunPart
from engine.reporting.flow import Cell, Column, Flow
from engine.reporting.lettering import clean

_SETTINGS: dict[Any, Any] = {
    "pdf.fonttype": 42,  # TrueType, so that text can be searched and copied
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
}
_EXAMPLES_WIDE = 2  # beside each other
_COMPARED_HIGH = 24  # mm of a picture; three examples of three runs fill a sheet


def pdf(report: Report, tick: Callable[[], None]) -> bytes:
    """The file's bytes; ``tick`` is called for each part and may raise to stop."""
    buffer = io.BytesIO()
    with warnings.catch_warnings(), mpl.rc_context(_SETTINGS):
        # A class name in a script that the font does not have must not stop a report.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        about = {"Title": clean(f"Where attention goes: {report.project}"), "Creator": "Boxwright"}
        with PdfPages(buffer, metadata=about) as pages:
            flow = Flow(pages, f"{report.project} · Boxwright {report.version}")
            _opening(flow, report)
            if len(report.runs) > 1:
                _comparison(flow, report, tick)
            for at, part in enumerate(report.runs):
                tick()
                if at or len(report.runs) > 1:
                    flow.new_sheet()
                _run(flow, part, report.order)
            _meanings(flow, report)
            _ranking(flow, report)
            _settings(flow, report)
            flow.end()
    return buffer.getvalue()


def _opening(flow: Flow, report: Report) -> None:
    flow.text("Where attention goes", size=20, weight="bold")
    made = report.made_at.strftime("%Y-%m-%d %H:%M")
    flow.text(f"{report.project} · {made} · Boxwright {report.version}", soft=True)
    flow.space(3)
    for part in report.runs:
        named = f"{part.title}: " if len(report.runs) > 1 else ""
        flow.text(named + words.summary(part), size=11)
    flow.space(2)
    flow.text(words.HOW_TO_READ)
    flow.text(report.rule, soft=True)
    flow.space(2)


def _comparison(flow: Flow, report: Report, tick: Callable[[], None]) -> None:
    flow.heading("Runs side by side")
    names = words.columns(report.runs)
    columns = [
        Column("Run", 68),
        Column("Pictures", 20, True),
        Column("Misdirected", 24, True),
        *(Column(words.heading(name), 22, True) for name in names),
    ]
    rows: list[list[Cell]] = [
        [
            part.title,
            str(part.images),
            words.percent(part.misdirected),
            *(words.number(name, part.means.get(name)) for name in names),
        ]
        for part in report.runs
    ]
    flow.table(columns, rows)
    for example in report.comparison:
        tick()
        flow.keep(10 + (_COMPARED_HIGH + 2) * len(example.panels))
        flow.text(f"{example.class_name} · {example.place}", weight="bold")
        for view in example.panels:
            lines = [view.run_title, words.caption(view)]
            flow.pictures(_pictures(view), _COMPARED_HIGH, lines, beside=True)
        flow.space(2)
    flow.text(words.LEGEND, soft=True)


def _run(flow: Flow, part: RunPart, order: str) -> None:
    flow.heading(part.title)
    flow.text(words.summary(part))
    if note := words.measured(part):
        flow.text(note, soft=True)
    flow.subheading("How the pictures are spread")
    flow.histograms(part.histograms)
    flow.subheading("Class by class, the most misdirected first")
    _classes(flow, part)
    flow.subheading("The most misdirected pictures", 75)
    flow.text(f"{words.LEGEND} {order}", soft=True)
    _examples(flow, part.worst)
    if part.best:
        flow.subheading("The best directed pictures", 60)
        _examples(flow, part.best)


def _classes(flow: Flow, part: RunPart) -> None:
    names = words.columns((part,))
    columns = [
        Column("", 11),
        Column("Class", 54),
        Column("Pictures", 17, True),
        *([Column("", 5), Column("Heat in the box", 28)] if part.known else []),
        Column("Misdirected", 22, True),
        *(Column(words.heading(name), 20, True) for name in names if name != "energy_in_box"),
    ]
    rows: list[list[Cell]] = []
    for row in part.classes:
        cells: list[Cell] = [row.mean_map, row.name, str(row.images)]
        if part.known:
            cells += ["", row.means.get("energy_in_box")]
        cells.append(words.percent(row.misdirected))
        cells += [words.number(n, row.means.get(n)) for n in names if n != "energy_in_box"]
        rows.append(cells)
    flow.table(columns, rows, height=10)


def _examples(flow: Flow, examples: Sequence[Example]) -> None:
    for start in range(0, len(examples), _EXAMPLES_WIDE):
        flow.example_row(
            [
                (
                    _pictures(e.panels[0]),
                    [f"{e.class_name} · {e.place}", words.caption(e.panels[0])],
                )
                for e in examples[start : start + _EXAMPLES_WIDE]
            ],
            _EXAMPLES_WIDE,
        )


def _meanings(flow: Flow, report: Report) -> None:
    flow.new_sheet()
    flow.heading("What the measures mean")
    for measure in words.explained(report.runs):
        body = f"{measure.meaning} {measure.trust}".strip()
        flow.pair(measure.title, f"{body} ({words.needs(measure)})")


def _ranking(flow: Flow, report: Report) -> None:
    measures = words.ranked(report.runs)
    if not measures:
        return
    flow.heading(words.RANKING)
    flow.text(words.RANKING_NOTE, soft=True)
    columns = [
        Column("Measure", 60),
        *(Column(words.short_title(part), 40, True) for part in report.runs),
    ]
    rows: list[list[Cell]] = [
        [m.title, *(words.signed(part.ranking.get(m.name)) for part in report.runs)]
        for m in measures
    ]
    flow.table(columns, rows, height=5)


def _settings(flow: Flow, report: Report) -> None:
    flow.heading("How the runs were made")
    for part in report.runs:
        flow.subheading(part.title)
        for name, value in part.settings + part.versions:
            flow.pair(name, value, soft=True)


def _pictures(view: Panel) -> tuple[bytes, bytes, bytes]:
    return view.input, view.heat, view.overlay
