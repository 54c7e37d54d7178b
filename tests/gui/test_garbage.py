"""Garbage is collected in the window's thread, and nowhere else while the window is there."""

from __future__ import annotations

import gc
import threading
import weakref

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.garbage import (
    GarbageCollector,
    collect_what_is_due,
    look_at_all,
    spare_what_lives,
)


class Knot:
    """Only the cyclic collector can free it."""

    def __init__(self) -> None:
        self.me = self


def test_no_other_thread_collects(qtbot: QtBot) -> None:
    owner = QObject()
    collector = GarbageCollector(owner)
    knot = weakref.ref(Knot())
    worker = threading.Thread(target=lambda: [[] for _ in range(100_000)])
    worker.start()
    worker.join()
    assert knot() is not None
    while knot() is not None:
        _ = [[] for _ in range(5_000)]
        assert collect_what_is_due() is not None
    collector.stop()


def test_the_timer_collects_and_stopping_gives_it_back(qtbot: QtBot) -> None:
    before = gc.isenabled()
    gc.enable()
    owner = QObject()
    collector = GarbageCollector(owner)
    assert not gc.isenabled()
    knot = weakref.ref(Knot())
    kept = [[] for _ in range(5_000)]
    qtbot.waitUntil(lambda: knot() is None, timeout=5_000)
    collector.stop()
    assert gc.isenabled()
    assert len(kept) == 5_000
    if not before:
        gc.disable()


def test_what_lives_is_spared_until_all_is_looked_at_again() -> None:
    knot = Knot()
    gone = weakref.ref(knot)
    spare_what_lives()
    del knot
    gc.collect()
    assert gone() is not None  # the price: what holds itself stays meanwhile
    look_at_all()
    gc.collect()
    assert gone() is None


def test_what_a_thread_has_loaded_is_spared_once_it_is_done(qtbot: QtBot) -> None:
    gc.unfreeze()
    owner = QObject()
    collector = GarbageCollector(owner)
    go = threading.Event()
    loading = threading.Thread(target=go.wait)
    loading.start()
    collector.spare_when_loaded(loading)
    collector._tick()
    assert gc.get_freeze_count() == 0
    go.set()
    loading.join()
    qtbot.waitUntil(lambda: gc.get_freeze_count() > 0, timeout=5_000)
    look_at_all()
    collector.spare_when_loaded(loading)
    collector._tick()
    assert gc.get_freeze_count() == 0  # once
    collector.stop()
