"""Orders and filters of the queue, by the fields a person uses, and what is remembered of them."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.models.queue_model import QueueModel
from app.models.queue_order import OrderBy, QueueOrder, ordered, why_not
from app.models.queue_rows import QueueFilter, QueueRows
from app.settings import AppSettings
from engine.domain.records import QueueEntry, ReviewState
from engine.store import labels
from tests.gui.review_bench import CONTROL, OFFSCREEN, Bench, bench, make_project, open_bench

__all__ = ["bench"]  # a fixture
pytestmark = OFFSCREEN
STATES = tuple(ReviewState)


def entry(
    image_id: int,
    path: str = "",
    class_id: int | None = 1,
    score: float | None = None,
    quality: float | None = None,
    misdirection: float | None = None,
    **more: object,
) -> QueueEntry:
    path = path or f"a/{image_id:03}.jpg"
    state = ReviewState.UNREVIEWED
    return QueueEntry(
        image_id, path, 9, 9, class_id, state, score, None, quality, misdirection, **more
    )


def ids(rows: QueueRows, by: OrderBy, seed: int = 0) -> list[int]:
    return [rows.entries[at].image_id for at in ordered(rows, QueueOrder(by, seed))]


def test_by_name_whatever_the_folder_and_its_case() -> None:
    rows = QueueRows([entry(1, "a/c.jpg"), entry(2, "b/A.jpg"), entry(3, "c/b.jpg")])
    assert ids(rows, OrderBy.FOLDER) == [1, 2, 3]
    assert ids(rows, OrderBy.NAME) == [2, 3, 1]


def test_the_most_uncertain_is_the_estimate_nearest_to_even() -> None:
    rows = QueueRows(
        [
            entry(1, quality=0.9, score=0.1),
            entry(2, quality=0.45, score=0.9),
            entry(3, quality=0.2, score=0.5),
            entry(4, score=0.01),  # not estimated
            entry(5),  # no proposal
        ]
    )
    assert ids(rows, OrderBy.UNCERTAIN) == [2, 3, 1, 4, 5]


def test_without_estimates_the_lowest_score_is_the_most_uncertain() -> None:
    rows = QueueRows([entry(1, score=0.9), entry(2), entry(3, score=0.2)])
    assert ids(rows, OrderBy.UNCERTAIN) == [3, 1, 2]


def test_the_most_misdirected_first_those_without_a_measure_last() -> None:
    rows = QueueRows([entry(1, misdirection=0.2), entry(2), entry(3, misdirection=0.7)])
    assert ids(rows, OrderBy.MISDIRECTED) == [3, 1, 2]
    assert why_not(rows, OrderBy.MISDIRECTED) is None
    assert "not been measured" in str(why_not(QueueRows([entry(1)]), OrderBy.MISDIRECTED))


def test_class_by_class_and_random_with_a_seed() -> None:
    rows = QueueRows([entry(i, class_id=(None, 3, 1)[i % 3]) for i in range(30)])
    by_class = ids(rows, OrderBy.CLASS)
    assert [i % 3 for i in by_class] == [2] * 10 + [1] * 10 + [0] * 10
    assert by_class[:10] == sorted(by_class[:10])
    random = ids(rows, OrderBy.RANDOM, seed=5)
    assert sorted(random) == list(range(30))
    assert random == ids(rows, OrderBy.RANDOM, seed=5) != ids(rows, OrderBy.RANDOM, seed=6)


def test_filters_by_score_note_and_any_of_several_labels() -> None:
    rows = QueueRows(
        [
            entry(0, score=0.3),
            entry(1, score=0.6, has_note=True),
            entry(2, class_id=2, more_labels=(1,)),
            entry(3, class_id=2),
        ]
    )

    def let_through(wanted: QueueFilter) -> list[int]:
        return np.flatnonzero(rows.matching(wanted)).tolist()

    assert let_through(QueueFilter(scores=(0.25, 0.5))) == [0]
    assert let_through(QueueFilter(scores=(0.0, 0.9))) == [0, 1]
    assert let_through(QueueFilter(notes=True)) == [1]
    assert let_through(QueueFilter(class_id=1)) == [0, 1, 2]
    rows.replace(entry(2, class_id=2))
    assert let_through(QueueFilter(class_id=1)) == [0, 1]
    assert rows.waiting_in(2) == 2


def test_rows_are_found_in_any_order_and_stay_where_they_are() -> None:
    rows = QueueRows([entry(i, score=(i * 37 % 100) / 100) for i in range(100)])
    model = QueueModel()
    model.set_rows(rows)
    model.set_view(QueueFilter(scores=(0.2, 0.6)), QueueOrder(OrderBy.UNCERTAIN))
    listed = [model.entry(row) for row in range(model.rowCount())]
    assert [e.score for e in listed] == sorted(e.score or 0 for e in listed)
    assert [model.row_of(e.image_id) for e in listed] == list(range(len(listed)))
    assert model.row_of(0) is None  # its score is 0
    assert model.row_after(0) == 0
    moved = entry(listed[3].image_id, score=0.99)
    assert model.update_entries([moved])
    assert model.row_of(moved.image_id) == 3
    assert model.row_after(moved.image_id) == 4


@pytest.mark.parametrize("by", list(OrderBy))
def test_ordering_100000_images_takes_less_than_50_ms(big: QueueRows, by: OrderBy) -> None:
    model = QueueModel()
    took = []
    for seed in range(5):
        model.set_rows(QueueRows())
        began = time.thread_time()
        model._list(big, QueueFilter(text="7"), QueueOrder(by, seed))
        took.append(time.thread_time() - began)
    assert min(took) < 0.05, took


@pytest.fixture(scope="module")
def big() -> QueueRows:
    rng = np.random.default_rng(1)
    values = rng.random((100_000, 3))
    return QueueRows([entry(i, f"a/{i}.jpg", i % 40, *values[i]) for i in range(100_000)])


def test_choosing_an_order_relists_and_keeps_the_image(bench: Bench) -> None:
    order = bench.page.queue.filters.order
    order.setFocus()
    QTest.keyClick(order, Qt.Key.Key_Down)
    assert order.currentText() == "By name"
    listed = [bench.page.model.entry(row).path for row in range(4)]
    assert listed == ["heron/000.jpg", "otter/001.jpg", "heron/002.jpg", "otter/003.jpg"]
    assert bench.path == "heron/000.jpg"
    bench.press(Qt.Key.Key_D)
    bench.wait_shown("otter/001.jpg")


def test_an_order_without_its_figures_is_greyed_and_says_why(bench: Bench) -> None:
    filters = bench.page.queue.filters
    at = filters.order.findData(OrderBy.MISDIRECTED)
    index = filters.order.model().index(at, 0)
    assert not index.flags() & Qt.ItemFlag.ItemIsEnabled
    assert "not been measured" in index.data(Qt.ItemDataRole.ToolTipRole)
    uncertain = filters.order.model().index(filters.order.findData(OrderBy.UNCERTAIN), 0)
    assert uncertain.flags() & Qt.ItemFlag.ItemIsEnabled


def test_order_and_filter_are_there_again_at_the_next_opening(qtbot: QtBot, tmp_path: Path) -> None:
    settings = AppSettings(tmp_path / "window.ini")
    project = make_project(tmp_path)
    with project.write() as conn:
        labels.set_note(conn, 3, "ask someone")
    folder = project.folder
    with open_bench(qtbot, project, settings) as first:
        first.wait_shown("heron/000.jpg")
        filters = first.page.queue.filters
        filters.order.setCurrentIndex(filters.order.findData(OrderBy.RANDOM))
        assert not filters.seed.isHidden()
        filters.seed.setValue(7)
        filters.notes.setChecked(True)
        first.wait_shown(first.page.model.entry(0).path)
    settings.sync()
    from engine.store.project import Project

    with open_bench(qtbot, Project.open(folder), AppSettings(settings.path)) as again:
        again.wait(lambda: again.page.flow.seen)
        view = again.page.queue.filters.view()
        assert view.order == QueueOrder(OrderBy.RANDOM, 7)
        assert view.filter == QueueFilter(notes=True)
        assert again.page.model.rowCount() == 1
        assert not again.page.queue.filters.notes.isHidden()


def test_settings_that_make_no_sense_are_as_if_there_were_none(tmp_path: Path) -> None:
    from app.models.queue_memory import QueueMemory, QueueView

    settings = AppSettings(tmp_path / "window.ini")
    for text in ("{", '{"order": {"by": "luck"}}', '{"filter": 3}'):
        settings.set_project_text(tmp_path, "queue", text)
        assert QueueMemory(settings, tmp_path).load() == QueueView()


def test_one_class_at_a_time_goes_on_with_the_next_class(bench: Bench) -> None:
    bench.press(Qt.Key.Key_L, CONTROL)
    assert [bench.page.model.entry(row).path for row in range(bench.page.model.rowCount())] == [
        "heron/000.jpg",
        "heron/002.jpg",
    ]
    assert bench.registry.action("review.lane").isChecked()
    bench.press(Qt.Key.Key_Space)
    bench.wait_shown("heron/002.jpg")
    bench.press(Qt.Key.Key_X)
    bench.wait_shown("otter/001.jpg")
    bench.press(Qt.Key.Key_Space)
    bench.wait_shown("otter/003.jpg")
    bench.press(Qt.Key.Key_Space)
    bench.wait(lambda: not bench.page.lane.on)
    bench.wait_saved()
    assert bench.page.model.rowCount() == 4
    assert {bench.state(i) for i in (1, 2, 4)} == {ReviewState.ACCEPTED}
    assert not bench.registry.action("review.lane").isChecked()


def test_the_next_class_by_key_and_the_old_filter_after(bench: Bench) -> None:
    bench.press(Qt.Key.Key_PageDown, CONTROL)
    bench.wait_shown("heron/000.jpg")
    bench.press(Qt.Key.Key_PageDown, CONTROL)
    bench.wait_shown("otter/001.jpg")
    bench.press(Qt.Key.Key_L, CONTROL)
    assert bench.page.model.rowCount() == 4
    assert bench.path == "otter/001.jpg"


def test_a_key_goes_to_the_search(bench: Bench) -> None:
    bench.press(Qt.Key.Key_Slash)
    assert bench.page.queue.search.hasFocus()
