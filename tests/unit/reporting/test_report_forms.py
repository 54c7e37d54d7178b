"""The two forms of a report: complete, self-contained, and unmoved by hostile names."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from datetime import datetime
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from engine.domain.errors import JobCancelled
from engine.domain.geometry import Box
from engine.localization.measures import MEASURES
from engine.reporting import pictures
from engine.reporting.contents import ClassRow, Example, Histogram, Panel, Report, RunPart
from engine.reporting.page import html
from engine.reporting.pdf import pdf
from engine.reporting.words import RANKING

HOSTILE = '<script>alert("1")</script> & $x^2$ 鳥 \udcff \x07 ' + "w" * 200


def make_values(energy: float | None = 0.25) -> dict[str, float | None]:
    values: dict[str, float | None] = {measure.name: 0.5 for measure in MEASURES}
    return values | {"energy_in_box": energy}


def make_panel(title: str) -> Panel:
    rgb = np.full((60, 80, 3), 90, np.uint8)
    grid = np.linspace(0, 1, 48, dtype=np.float32).reshape(6, 8)
    return Panel(
        title,
        pictures.jpeg(pictures.with_boxes(rgb, [Box(5, 5, 40, 50)], [Box(10, 8, 60, 55)])),
        pictures.jpeg(pictures.heat(grid, 80, 60)),
        pictures.jpeg(pictures.overlay(rgb, grid)),
        make_values(),
    )


def make_part(run_id: int, classes: int = 3, energy: float | None = 0.25) -> RunPart:
    dot = pictures.jpeg(np.zeros((20, 20, 3), np.uint8))
    example = Example(f"a/{HOSTILE}.jpg", HOSTILE, (make_panel(f"run {run_id}"),))
    return RunPart(
        run_id=run_id,
        title=f"{HOSTILE} run {run_id}",
        settings=(("method", HOSTILE),),
        versions=(("torch", "2.0"),),
        images=8,
        known=8 if energy is not None else 0,
        asked=8,
        full=True,
        misdirected=0.375,
        means=make_values(energy),
        ranking=make_values(energy) if energy is not None else {},
        classes=tuple(
            ClassRow(f"{HOSTILE} {at}", 4, 0.5, make_values(energy), dot) for at in range(classes)
        ),
        histograms=(Histogram(HOSTILE, tuple(range(20)), 0.7),),
        worst=(example,) * 3,
        best=(),
    )


def make_report(*parts: RunPart) -> Report:
    compared = Example("a/b.jpg", HOSTILE, tuple(make_panel(part.title) for part in parts))
    return Report(
        HOSTILE,
        datetime(2026, 1, 2, 3, 4),
        "1.0",
        "The rule.",
        "The order.",
        parts,
        (compared,) if len(parts) > 1 else (),
    )


class Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def parsed(report: Report) -> Elements:
    elements = Elements()
    elements.feed(html(report).decode("utf-8"))
    return elements


def test_the_page_needs_nothing_from_outside() -> None:
    page = parsed(make_report(make_part(1), make_part(2)))
    tags = {tag for tag, _ in page.found}
    assert not tags & {"script", "link", "iframe", "object", "base", "a"}
    sources = [attributes["src"] for tag, attributes in page.found if tag == "img"]
    assert len(sources) == 2 * 3 + 2 * (3 + 3 * 3)
    for source in sources:
        assert source is not None
        assert source.startswith("data:image/jpeg;base64,")
        Image.open(io.BytesIO(base64.b64decode(source.split(",")[1]))).verify()
    assert not re.search(rb"url\(|@import|https?://", html(make_report(make_part(1))))


def test_names_are_escaped_and_told_in_full() -> None:
    page = parsed(make_report(make_part(1)))
    assert '<script>alert("1")</script> & $x^2$ 鳥' in page.text
    assert "misdirected in 3 of 8 pictures (38 %)" in page.text


def test_every_measure_that_has_a_value_is_explained() -> None:
    page = parsed(make_report(make_part(1)))
    for measure in MEASURES:
        assert measure.meaning in page.text
    without = parsed(make_report(make_part(1, energy=None)))
    assert "Energy in the box" not in without.text


def test_how_well_each_measure_ranks_is_told_where_boxes_are_known() -> None:
    page = parsed(make_report(make_part(1), make_part(2)))
    assert RANKING in page.text
    assert page.text.count("+0.25") == 2  # of the energy in the box, in both runs
    assert RANKING not in parsed(make_report(make_part(1, energy=None))).text


def test_the_folder_is_not_told_twice_where_it_is_the_class() -> None:
    assert Example("red/a.jpg", "red", ()).place == "a.jpg"
    assert Example("red/b/a.jpg", "red", ()).place == "b/a.jpg"
    assert Example("red/a.jpg", "blue", ()).place == "red/a.jpg"
    assert Example("red", "red", ()).place == "red"


@pytest.fixture
def pages_of() -> Callable[[bytes], int]:
    return lambda content: len(re.findall(rb"/Type /Page\b", content))


def test_the_pdf_takes_hostile_names_and_grows_by_pages(
    pages_of: Callable[[bytes], int],
) -> None:
    few = pdf(make_report(make_part(1)), lambda: None)
    many = pdf(make_report(make_part(1, classes=80), make_part(2)), lambda: None)
    assert few.startswith(b"%PDF-")
    assert few.rstrip().endswith(b"%%EOF")
    assert pages_of(few) >= 2
    assert pages_of(many) >= pages_of(few) + 4


def test_the_pdf_can_be_stopped() -> None:
    def stop() -> None:
        raise JobCancelled

    with pytest.raises(JobCancelled):
        pdf(make_report(make_part(1)), stop)


def test_boxes_are_told_apart_by_line_not_by_colour_alone() -> None:
    dark = np.full((100, 100, 3), 40, np.uint8)
    box = Box(10, 10, 90, 90)
    lines = {
        "true": pictures.with_boxes(dark, [box], [])[10, 12:88].astype(int),
        "predicted": pictures.with_boxes(dark, [], [box])[10, 12:88].astype(int),
    }
    coloured = {name: (np.ptp(line, axis=1) > 60) for name, line in lines.items()}
    assert coloured["true"].all()
    changes = np.abs(np.diff(coloured["predicted"].astype(int))).sum()
    assert changes >= 6
    assert lines["true"][:, 0].mean() > lines["true"][:, 1].mean()


def test_boxes_beyond_the_picture_are_drawn_at_its_edge() -> None:
    dark = np.full((40, 60, 3), 40, np.uint8)
    drawn = pictures.with_boxes(dark, [Box(-500, -500, 5000, 5000)], [Box(59.9, 39.9, 60, 40)])
    assert drawn.shape == dark.shape
    assert (drawn != dark).any()


def test_heat_rises_in_brightness() -> None:
    """Perceptually uniform: brighter for every step, so that it survives a grey printer."""
    ramp = np.linspace(0, 1, 64, dtype=np.float32)[None].repeat(2, 0)
    picture = pictures.heat(ramp, 64, 2)[0].astype(float)
    brightness = picture @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(brightness) >= -1).all()
    assert brightness[-1] - brightness[0] > 200
