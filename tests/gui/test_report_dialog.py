"""The report's dialog: what can be chosen, and the real job from the window."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.dialogs.job_pages import DONE
from app.dialogs.report import NO_FOLDER, NO_RUN, NONE_CHOSEN, ReportDialog
from app.job_runner import JobRunner
from app.why.runs import run_choices
from engine.store import runs
from engine.store.project import Project
from tests.gui.why_bench import PATIENCE_MS, trained, trained_once

__all__ = ["trained", "trained_once"]


@pytest.mark.timeout(280)
def test_the_report_is_written_where_it_was_asked_for(
    qtbot: QtBot, trained: Path, tmp_path: Path
) -> None:
    runner = JobRunner()
    with Project.open(trained) as project, project.read() as connection:
        choices = run_choices(runs.list_runs(connection))
    out = tmp_path / "report"
    dialog = ReportDialog(runner, str(trained), choices, str(out))
    qtbot.addWidget(dialog)
    assert [run for run, _box in dialog.runs] == [3]
    dialog.out.set_text("")
    assert dialog.problem.text() == NO_FOLDER
    dialog.out.set_text(str(out))
    dialog.runs[0][1].setChecked(False)
    assert dialog.problem.text() == NONE_CHOSEN
    assert not dialog.write_button.isEnabled()
    dialog.runs[0][1].setChecked(True)
    dialog.examples.setValue(2)
    dialog.write_button.click()
    qtbot.waitUntil(lambda: not runner.running and not dialog.is_busy, timeout=PATIENCE_MS)
    assert dialog.pages.currentIndex() == DONE
    page = (out / "misdirection.html").read_text(encoding="utf-8")
    assert page.lstrip().lower().startswith("<!doctype html>")
    assert str(out / "misdirection.html") in dialog.outcome.text()


def test_without_proposals_there_is_nothing_to_report(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = ReportDialog(JobRunner(), str(tmp_path), [], str(tmp_path))
    qtbot.addWidget(dialog)
    assert dialog.problem.text() == NO_RUN
    assert not dialog.write_button.isEnabled()
