"""The session: writes in order, acknowledged only once on disk, failures told, nothing lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.store_ops import Session, WriteFailure
from engine.domain.errors import StorageError
from engine.domain.geometry import Box
from engine.domain.records import AnnotationOrigin, ReviewState
from engine.store import annotations, images, review
from engine.store.project import Project
from engine.store.review import Changes, EditedBox
from tests.gui.review_bench import make_project

WaitFor = Callable[[Callable[[], bool]], None]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with make_project(tmp_path, write=False) as made:
        yield made


@pytest.fixture
def session(qtbot: QtBot, project: Project) -> Iterator[Session]:
    opened = Session(project)
    yield opened
    opened.close()


def first_id(project: Project) -> int:
    with project.read() as conn:
        return images.queue(conn)[0].image_id


def state(project: Project, image_id: int) -> ReviewState:
    with project.read() as conn:
        return images.queue_entries(conn, [image_id])[0].state


def box_at(x: float) -> list[EditedBox]:
    return [EditedBox(None, 1, Box(x, 10, x + 20, 30), AnnotationOrigin.DRAWN)]


def stored_xmins(project: Project, image_id: int) -> list[float]:
    with project.read() as conn:
        return [a.box.xmin for a in annotations.annotations_of(conn, [image_id])[image_id]]


def operations(project: Project) -> list[str]:
    with project.read() as conn:
        return [record.name for record in reversed(review.history(conn))]


def test_an_act_is_announced_once_it_is_on_disk(
    qtbot: QtBot, project: Project, session: Session
) -> None:
    image_id = first_id(project)
    on_disk: list[ReviewState] = []
    session.changed.connect(lambda _changes: on_disk.append(state(project, image_id)))
    with qtbot.waitSignal(session.changed) as told:
        session.reject(image_id)
        assert session.pending == 1
    assert told.args[0] == Changes(frozenset({image_id}), "Reject")
    assert on_disk == [ReviewState.REJECTED]
    assert session.pending == 0


def test_acts_are_written_in_the_order_asked_for(
    project: Project, session: Session, wait_for: WaitFor
) -> None:
    image_id = first_id(project)
    session.reject(image_id)
    session.replace_boxes(image_id, box_at(5), "Draw box")
    session.skip(image_id)
    session.undo()
    wait_for(lambda: session.pending == 0)
    assert state(project, image_id) is ReviewState.CORRECTED
    assert (session.history.undo, session.history.redo) == ("Draw box", "Skip")


def test_the_history_of_an_earlier_session_is_there(
    qtbot: QtBot, project: Project, wait_for: WaitFor
) -> None:
    image_id = first_id(project)
    with project.write() as conn:
        review.reject(conn, image_id)
    session = Session(project)
    wait_for(lambda: session.history.undo == "Reject")
    with qtbot.waitSignal(session.history_moved) as moved:
        session.undo()
    assert moved.args[0].image_ids == {image_id}
    assert state(project, image_id) is ReviewState.UNREVIEWED
    session.close()


def test_undo_with_nothing_to_undo_says_nothing(
    qtbot: QtBot, session: Session, wait_for: WaitFor
) -> None:
    with qtbot.assertNotEmitted(session.history_moved, wait=100):
        session.undo()
    wait_for(lambda: session.pending == 0)


def test_a_burst_is_one_operation_with_the_last_boxes_and_all_the_seconds(
    project: Project, session: Session, wait_for: WaitFor
) -> None:
    image_id = first_id(project)
    for x in range(8):
        session.replace_boxes(image_id, box_at(x), "Move box", 0.5, merge=True)
    assert session.pending == 1
    wait_for(lambda: session.pending == 0)
    assert operations(project) == ["Move box"]
    assert stored_xmins(project, image_id) == [7]
    with project.read() as conn:
        assert review.history(conn)[0].seconds == pytest.approx(4.0)


def test_whatever_comes_after_a_burst_ends_it_first(
    project: Project, session: Session, wait_for: WaitFor
) -> None:
    first, second = first_id(project), first_id(project) + 1
    session.replace_boxes(first, box_at(1), "Move box", merge=True)
    session.replace_boxes(second, box_at(2), "Move box", merge=True)
    session.reject(second)
    seen: list[list[float]] = []
    session.read(lambda c: annotations.annotations_of(c, [first])[first], seen.append, fresh=True)
    wait_for(lambda: bool(seen))
    assert [a.box.xmin for a in seen[0]] == [1]
    assert operations(project) == ["Move box", "Move box", "Reject"]


def test_a_fresh_read_sees_every_act_asked_for(
    project: Project, session: Session, wait_for: WaitFor
) -> None:
    image_id = first_id(project)
    seen: list[ReviewState] = []
    for expected in (ReviewState.REJECTED, ReviewState.SKIPPED):
        (session.reject if expected is ReviewState.REJECTED else session.skip)(image_id)
        session.read(
            lambda c: images.queue_entries(c, [image_id])[0].state, seen.append, fresh=True
        )
    wait_for(lambda: len(seen) == 2)
    assert seen == [ReviewState.REJECTED, ReviewState.SKIPPED]


def test_closing_waits_until_all_is_on_disk(project: Project, qtbot: QtBot) -> None:
    session = Session(project)
    with project.read() as conn:
        ids = [entry.image_id for entry in images.queue(conn)]
    for image_id in ids:
        session.reject(image_id)
    session.replace_boxes(ids[0], box_at(3), "Move box", merge=True)
    session.close()
    assert [state(project, i) for i in ids[1:]] == [ReviewState.REJECTED] * (len(ids) - 1)
    assert stored_xmins(project, ids[0]) == [3]
    session.close()  # a second time does nothing
    with pytest.raises(RuntimeError):
        session.reject(ids[0])


def test_a_failed_act_is_told_and_can_be_tried_again(
    qtbot: QtBot,
    project: Project,
    session: Session,
    wait_for: WaitFor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image_id = first_id(project)
    full = StorageError("The disk is full.", path=project.database, remedy="Free some space.")

    def refuse(*_args: object) -> Changes:
        raise full

    with monkeypatch.context() as patched:
        patched.setattr(review, "reject", refuse)
        with qtbot.waitSignal(session.failed) as failed:
            session.reject(image_id)
    failure: WriteFailure = failed.args[0]
    assert failure.error is full
    assert failure.write.name == "Reject"
    assert session.pending == 0
    assert state(project, image_id) is ReviewState.UNREVIEWED
    assert session.retry(failure)
    wait_for(lambda: session.pending == 0)
    assert state(project, image_id) is ReviewState.REJECTED


def test_trying_again_does_not_overwrite_a_later_act(
    qtbot: QtBot, project: Project, session: Session, wait_for: WaitFor
) -> None:
    image_id = first_id(project)
    outside = [EditedBox(None, 1, Box(900, 900, 950, 950), AnnotationOrigin.DRAWN)]
    with qtbot.waitSignal(session.failed) as failed:
        session.replace_boxes(image_id, outside, "Draw box")
    session.replace_boxes(image_id, box_at(4), "Draw box")
    assert not session.retry(failed.args[0])
    wait_for(lambda: session.pending == 0)
    assert stored_xmins(project, image_id) == [4]


def test_a_write_lock_of_another_program_holds_up_nobody_here(
    qtbot: QtBot, project: Project, session: Session, wait_for: WaitFor
) -> None:
    """While a job writes, the window goes on; the act is there once the job lets go."""
    image_id = first_id(project)
    other = sqlite3.connect(project.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    session.reject(image_id)
    seen: list[int] = []
    session.read(lambda c: len(images.queue(c)), seen.append)
    wait_for(lambda: bool(seen))
    assert session.pending == 1
    other.execute("ROLLBACK")
    other.close()
    wait_for(lambda: session.pending == 0)
    assert state(project, image_id) is ReviewState.REJECTED


def test_the_next_image_does_not_wait_for_the_disk(
    project: Project, session: Session, wait_for: WaitFor
) -> None:
    """While an act on one image is on its way, another image is read at once."""
    first = first_id(project)
    other = sqlite3.connect(project.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    session.reject(first)
    seen: list[int] = []
    query = lambda c: images.get_image(c, first + 1).id  # noqa: E731
    session.read(query, seen.append, fresh=True, image_id=first + 1)
    wait_for(lambda: seen == [first + 1])
    assert session.pending == 1
    other.execute("ROLLBACK")
    other.close()
    wait_for(lambda: session.pending == 0)
