"""Names of any length: what does not fit is left out in the middle, where it can be seen."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from app.panels.class_legend import ClassLegend
from app.panels.short_choice import ShortChoice
from app.widgets import swatch
from engine.domain.records import ClassRecord

LONG = "017.Rhinoceros_Auklet_of_the_western_and_the_eastern_coast_in_winter"


def test_a_choice_shows_both_ends_of_a_long_name(qtbot: QtBot) -> None:
    choice = ShortChoice("Class", 10)
    qtbot.addWidget(choice)
    choice.addItem(swatch("#123456"), LONG)
    choice.addItem("Gull")
    choice.resize(160, choice.sizeHint().height())
    painted = choice.painted_text()
    assert painted.startswith("017.")
    assert painted.endswith("ter")
    assert "…" in painted
    assert choice.fontMetrics().horizontalAdvance(painted) < 160 - choice.iconSize().width()
    choice.setCurrentIndex(1)
    assert choice.painted_text() == "Gull"


def test_the_classes_here_show_both_ends_and_the_count(qtbot: QtBot) -> None:
    legend = ClassLegend()
    qtbot.addWidget(legend)
    legend.set_classes([ClassRecord(1, LONG), ClassRecord(2, "A & B")])
    legend.show_counts({1: 12, 2: 1}, frozenset())
    legend.resize(220, 200)
    legend.show()
    qtbot.waitUntil(lambda: "…" in legend.tick(1).text())
    tick = legend.tick(1)
    assert tick.text().startswith("12 × 017.")
    assert tick.text().endswith("ter")
    assert tick.sizeHint().width() <= tick.width()
    assert LONG in tick.toolTip()
    assert legend.tick(2).text() == "1 × A && B"
