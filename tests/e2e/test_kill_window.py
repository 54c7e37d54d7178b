"""``kill -9`` of the window at any moment loses nothing that was shown as done."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.killing import Ledger, kill_many, propose_several
from tests.gui.review_bench import make_project

KILLS = 6


def test_nothing_that_was_shown_as_done_is_lost(tmp_path: Path) -> None:
    with make_project(tmp_path, count=8) as project:
        propose_several(project)
        folder = project.folder
    kills = kill_many(folder, KILLS)
    assert kills.kills == KILLS
    assert kills.shown > KILLS
    assert (kills.lost, kills.damaged) == ([], [])


def test_the_ledger_tells_what_an_act_leaves() -> None:
    ledger = Ledger({1: ("unreviewed", 0, 0, 0), 2: ("unreviewed", 0, 0, 0)})
    acts = [
        {"act": "accept box", "image": 1, "then": ["partly", 1, 2, 0]},
        {"act": "skip box", "image": 1, "then": ["partly", 1, 2, 1]},
        {"act": "reject", "image": 2, "then": ["rejected", 0, 0, 0]},
        {"act": "undo", "image": 2, "then": ["", 0, 0, 0]},
    ]
    for act in acts:
        ledger = ledger.after(act)
    assert ledger.images == {1: ("partly", 1, 2, 1), 2: ("unreviewed", 0, 0, 0)}
    assert ledger.after({"act": "redo", "image": 1}).images[2] == ("rejected", 0, 0, 0)
    assert ledger.after({"act": "undo", "image": 1}).images[1] == ("partly", 1, 2, 0)
