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
from app.panels.review_page import ReviewPage
from app.settings import AppSettings
from app.store_ops import Session
from engine.domain.records import AnnotationOrigin, ReviewState
from engine.store.annotations import annotations_of, review_states

PLAIN, CONTROL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
KEY = Qt.Key
_out: Connection | None = None
#: What is done how often.
ACTS = ["accept"] * 4 + ["reject"] * 2 + ["skip", "reset", "reset", "draw", "draw", "undo", "redo"]
KEYS = {
    "accept": (KEY.Key_Space, PLAIN),
    "reject": (KEY.Key_X, PLAIN),
    "skip": (KEY.Key_S, PLAIN),
    "reset": (KEY.Key_U, PLAIN),
    "undo": (KEY.Key_Z, CONTROL),
    "redo": (KEY.Key_Y, CONTROL),
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
    wait(lambda: page.flow.seen)
    what = chance.choice(ACTS)
    session = window.desk.session
    assert session is not None
    image_id = page.desk.image_id
    if what == "accept" and page.desk.decided:
        what = "reject"
    assert image_id is not None
    facts = {"act": what, "image": image_id, **expected(session, page, what, image_id)}
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


def expected(session: Session, page: ReviewPage, what: str, image_id: int) -> dict[str, object]:
    """What the act will find: ``own`` tells whether the image has boxes that a person made.

    The store decides that, and nothing is on its way to it now. The boxes on the screen may be
    those of a moment ago (``stale``), since an undo is shown once it is on disk: no person is as
    fast, this loop is. Accepting takes the boxes that are seen, unless the image has own ones.
    """
    assert session.pending == 0
    with session.project.read() as connection:
        stored = annotations_of(connection, [image_id])[image_id]
        state = review_states(connection)[image_id]
    own = state is ReviewState.CORRECTED or any(
        a.origin is not AnnotationOrigin.ACCEPTED for a in stored
    )
    shapes = page.desk.shapes
    seen_own = any(s.origin not in (None, AnnotationOrigin.ACCEPTED) for s in shapes)
    boxes = len(stored) if own and what == "accept" else len(shapes)
    return {"boxes": boxes, "own": own, "stale": own != seen_own}


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
