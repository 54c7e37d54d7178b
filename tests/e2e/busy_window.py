"""A real window in a process of its own that works through a project by keys until it is killed.

It sends each act as JSON: ``asked`` before it is asked for, ``shown`` once the window shows it as
done (nothing is pending any more), ``nothing`` if there was nothing to do.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.main import make_application
from app.main_window import MainWindow
from app.models.details import load_details
from app.models.shapes import undecided
from app.panels.review_page import ReviewPage
from app.settings import AppSettings
from app.store_ops import Session
from engine.domain.records import AnnotationOrigin

PLAIN, CONTROL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
KEY = Qt.Key
_out: Connection | None = None
#: What is done how often.
ACTS = ["accept"] * 4 + ["reject"] * 2 + ["skip", "reset", "reset", "draw", "draw", "undo", "redo"]
ACTS += ["accept box"] * 3 + ["skip box"] * 3
KEYS = {
    "accept": (KEY.Key_Space, PLAIN),
    "reject": (KEY.Key_X, PLAIN),
    "skip": (KEY.Key_S, PLAIN),
    "reset": (KEY.Key_U, PLAIN),
    "undo": (KEY.Key_Z, CONTROL),
    "redo": (KEY.Key_Y, CONTROL),
    "accept box": (KEY.Key_Y, PLAIN),
    "skip box": (KEY.Key_S, Qt.KeyboardModifier.ShiftModifier),
}


def main(folder: str, seed: int, out: Connection) -> None:
    """Work until killed."""
    global _out
    _out = out
    app = make_application(sys.argv[:1])
    window = MainWindow(AppSettings(Path(folder).parent / "window.ini"))
    window.show()
    window.open_project(Path(folder))
    wait(lambda: window.review_page is not None and window.review_page.flow.seen)
    page = window.review_page
    assert page is not None
    chance = random.Random(seed)
    say(kind="ready")
    while not app.closingDown():
        act(window, page, chance)


def act(window: MainWindow, page: ReviewPage, chance: random.Random) -> None:
    """One act by real events, and the word that it is done."""
    session = window.desk.session
    assert session is not None
    wait(lambda: page.flow.seen and shows_what_is_stored(session, page))
    what = possible(page, chance.choice(ACTS), chance)
    image_id = page.desk.image_id
    facts = {"act": what, "image": image_id, "then": foretold(session, page, what)}
    say(kind="asked", **facts)
    done: list[object] = []
    note = session.changed.connect(done.append)
    if what == "draw":
        draw(page, chance)
    else:
        key, modifiers = KEYS[what]
        QTest.keyClick(page.stage.canvas, key, modifiers)
    wait(lambda: session.pending == 0)
    session.changed.disconnect(note)
    say(kind="shown" if done else "nothing", **facts)
    if chance.random() < 0.4:
        QTest.keyClick(page.stage.canvas, chance.choice((KEY.Key_D, KEY.Key_A)))


def shows_what_is_stored(session: Session, page: ReviewPage) -> bool:
    """An undo is on the screen once it is on the disk: no person is as fast as this loop."""
    details = page.desk.details
    if session.pending or details is None:
        return False
    with session.project.read() as connection:
        stored = load_details(connection, details.image.id, session.project.settings().boxes)
    return details.same_as(stored) and set(page.desk.shapes) == set(stored.shapes)


def possible(page: ReviewPage, what: str, chance: random.Random) -> str:
    """The act, or another one where it would do nothing. Boxes are chosen by their key."""
    desk = page.desk
    if what.endswith(" box"):
        for _ in range(chance.randint(1, 3)):
            QTest.keyClick(page.stage.canvas, KEY.Key_Tab)
        if not page.stage.canvas.boxes.meant & undecided(desk.shapes):
            return "skip"
    if what == "accept" and (desk.decided or desk.put_off):
        return "reject"
    return what


#: State, decided boxes, boxes left undecided, and how many of these were put off.
Then = tuple[str, int, int, int]


def foretold(session: Session, page: ReviewPage, what: str) -> Then:
    """What the image on the screen will be."""
    desk, begun = page.desk, page.desk.begun
    own = [s.origin for s in desk.shapes if s.origin is not None]
    left = [s.skipped for s in desk.shapes if s.is_proposal]
    if what in ("reject", "reset"):
        return ("rejected" if what == "reject" else "unreviewed", 0, 0, 0)
    if what == "skip" or (what == "skip box" and len(desk.shapes) == 1):
        return ("skipped", len(own), len(left) * begun, sum(left) * begun)
    if what == "draw":
        own.append(AnnotationOrigin.DRAWN)
        return (in_part(left) if left else "corrected", len(own), len(left), sum(left))
    if what == "accept":
        taken = len(left) - sum(left)
        own += [AnnotationOrigin.ACCEPTED] * taken
        left = [True] * sum(left)
        in_parts = begun and bool(taken or left)
        return (settled(session, page, own, left, in_parts), len(own), len(left), len(left))
    if what.endswith(" box"):
        (meant,) = page.stage.canvas.boxes.meant
        if what == "skip box":
            put_off = sum(left) + (-1 if desk.shapes[meant].skipped else 1)
            state = "skipped" if put_off == len(left) else "partly"
            return (state, len(own), len(left), put_off)
        left.remove(desk.shapes[meant].skipped)
        own.append(AnnotationOrigin.ACCEPTED)
        in_parts = begun or len(desk.shapes) > 1
        return (settled(session, page, own, left, in_parts), len(own), len(left), sum(left))
    return ("", 0, 0, 0)  # undo and redo: the ledger knows


def in_part(left: list[bool]) -> str:
    return "skipped" if all(left) else "partly"


def settled(
    session: Session,
    page: ReviewPage,
    own: list[AnnotationOrigin],
    left: list[bool],
    in_parts: bool,
) -> str:
    """The state of an image with these boxes; ``in_parts``: it was decided box by box."""
    if left:
        return in_part(left)
    details = page.desk.details
    assert details is not None
    as_proposed = all(origin is AnnotationOrigin.ACCEPTED for origin in own)
    whole = not in_parts or len(own) == len(details.proposals)
    return "accepted" if as_proposed and whole else "corrected"


def draw(page: ReviewPage, chance: random.Random) -> None:
    canvas = page.stage.canvas
    QTest.keyClick(canvas, KEY.Key_W)
    x, y = chance.uniform(20, 200), chance.uniform(20, 150)
    start, end = canvas.to_viewport(x, y), canvas.to_viewport(x + 80, y + 60)
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, PLAIN, start)
    for part in (0.5, 1.0):
        QTest.mouseMove(canvas, start + QPoint((end - start) * part))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, PLAIN, end)


def wait(until: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not until():
        if time.monotonic() > end:
            raise TimeoutError("the window does not come to rest")
        QApplication.processEvents()
        time.sleep(0.001)


def say(**values: object) -> None:
    assert _out is not None
    _out.send_bytes(json.dumps(values).encode())
