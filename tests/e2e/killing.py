"""Kills a busy window at a random moment and compares the project with what it had shown."""

from __future__ import annotations

import json
import multiprocessing
import random
import sqlite3
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.domain.geometry import Box
from engine.store import annotations, images, review
from engine.store.left_boxes import left_boxes_of
from engine.store.project import Project
from engine.store.proposals import NewProposal, proposals_of, replace_proposals
from tests.e2e.busy_window import main

#: Of each image its state, its decided boxes, those left undecided, and how many were put off.
Then = tuple[str, int, int, int]
Shown = dict[int, Then]


@dataclass
class Ledger:
    """What a project must hold by the acts that a window has shown as done."""

    images: Shown
    undo: list[tuple[int, Then, Then]] = field(default_factory=list)
    redo: list[tuple[int, Then, Then]] = field(default_factory=list)

    def after(self, act: dict[str, Any]) -> Ledger:
        """The ledger once ``act`` is done; this one stays."""
        new = Ledger(dict(self.images), list(self.undo), list(self.redo))
        if act["act"] == "undo":
            if new.undo:
                image_id, before, after = new.undo.pop()
                new.images[image_id] = before
                new.redo.append((image_id, before, after))
        elif act["act"] == "redo":
            if new.redo:
                image_id, before, after = new.redo.pop()
                new.images[image_id] = after
                new.undo.append((image_id, before, after))
        else:
            new._do(act)
        return new

    def _do(self, act: dict[str, Any]) -> None:
        image_id, after = act["image"], tuple(act["then"])
        before = self.images[image_id]
        if after != before:
            self.images[image_id] = after
            self.undo.append((image_id, before, after))
            self.redo.clear()


@dataclass
class Kills:
    """What came of it; ``lost`` and ``damaged`` say what and must stay empty."""

    kills: int = 0
    shown: int = 0  # acts that the window had shown as done
    in_flight: int = 0  # kills in the middle of an act
    in_flight_kept: int = 0  # of which the act was on the disk already
    lost: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


def kill_many(folder: Path, count: int, longest: float = 1.5) -> Kills:
    """``count`` windows on the project in ``folder``, each killed within ``longest`` seconds."""
    kills, ledger = Kills(), Ledger(_on_disk(folder))
    for seed in range(count):
        said = _run_and_kill(folder, seed, longest)
        kills.kills += 1
        shown = [entry for entry in said if entry["kind"] == "shown"]
        kills.shown += len(shown)
        damage = _damage(folder / "project.sqlite")
        if damage:
            kills.damaged.append(f"kill {seed}: {damage}")
            break
        ledger = _compared(ledger, said, _on_disk(folder), seed, kills)
    return kills


def propose_several(project: Project) -> None:
    """Three boxes for each image, so that there is something to decide one by one."""
    with project.write() as conn:
        for image_id, (first, *_) in proposals_of(
            conn, sorted(annotations.review_states(conn))
        ).items():
            corners = ((10, 10, 60, 60), (150, 20, 220, 90))
            boxes = [first.box, *(Box(*each) for each in corners)]
            new = [NewProposal(image_id, first.class_id, box, 0.5, 0.2) for box in boxes]
            replace_proposals(conn, first.run_id, [image_id], new)


def _run_and_kill(folder: Path, seed: int, longest: float) -> list[dict[str, Any]]:
    """What the window said until it was killed.

    The server has imported what a window needs, so that each is there in a moment; it runs no
    window itself, and no part of one window is in the next.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.e2e.busy_window"])
    ours, theirs = context.Pipe(duplex=False)
    window = context.Process(target=main, args=(str(folder), seed, theirs))
    window.start()
    theirs.close()
    said = [json.loads(ours.recv_bytes())]
    assert said.pop()["kind"] == "ready"
    time.sleep(random.Random(seed).uniform(0.0, longest))
    assert window.is_alive(), "the window ended by itself"
    window.kill()
    with suppress(EOFError):  # a message that was cut off counts as not sent
        while True:
            said.append(json.loads(ours.recv_bytes()))
    window.join()
    return said


def _compared(
    ledger: Ledger, said: list[dict[str, Any]], found: Shown, seed: int, kills: Kills
) -> Ledger:
    """The ledger that fits the disk: that of what was shown, or with the act in flight as well."""
    for entry in said:
        if entry["kind"] == "shown":
            ledger = ledger.after(entry)
    if not said or said[-1]["kind"] != "asked":
        fitting = [ledger]
    else:
        kills.in_flight += 1
        fitting = [ledger, ledger.after(said[-1])]
        kills.in_flight_kept += fitting[1].images == found != ledger.images
    for each in fitting:
        if each.images == found:
            return each
    for image_id, shown in ledger.images.items():
        if found[image_id] != shown:
            text = f"kill {seed}: image {image_id} was shown {shown}, is {found[image_id]}"
            kills.lost.append(text)
    return Ledger(found)


def _on_disk(folder: Path) -> Shown:
    with Project.open(folder) as project, project.read() as conn:
        states = annotations.review_states(conn)
        own = annotations.annotations_of(conn, list(states))
        left = left_boxes_of(conn, list(states))
        assert images.queue(conn)
        review.history(conn)
        return {
            i: (state.value, len(own[i]), len(left[i]), sum(box.skipped for box in left[i]))
            for i, state in states.items()
        }


def _damage(path: Path) -> str:
    """What SQLite finds wrong in the file, or an empty text."""
    raw = sqlite3.connect(path)
    try:
        (found,) = raw.execute("PRAGMA integrity_check").fetchone()
        broken = raw.execute("PRAGMA foreign_key_check").fetchone()
    finally:
        raw.close()
    return "" if (found, broken) == ("ok", None) else f"{found}, {broken}"
