"""Two processes started by torchrun do the work of one, and speak as one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.domain.records import RunKind, RunState
from engine.domain.settings import MapSettings
from engine.jobs.reporter import silent_reporter
from engine.jobs.requests import IndexRequest, ProposeRequest
from engine.store.project import Project
from engine.store.proposals import all_proposals
from engine.store.runs import list_runs
from engine.store.score_maps import iter_maps
from engine.workflows.dispatch import run
from tests.e2e.conftest import program_environment
from tests.pictures import write_pictures

TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
TRAIN = ("--backbone", "compact", "--weights", "none", "--epochs", "2", "--batch-size", "5")


def torchrun(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TORCHRUN, "-m", "engine.cli", *map(str, arguments)],
        env=program_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    pictures = write_pictures(tmp_path / "pictures", 3)
    run(IndexRequest(str(tmp_path / "project"), str(pictures)), silent_reporter())
    return tmp_path / "project"


def test_two_ranks_train_and_propose(project: Path) -> None:
    trained = torchrun("train", project, "--device", "cpu", *TRAIN, "--json")
    assert trained.returncode == 0, trained.stderr
    assert json.loads(trained.stdout)["epochs"] == 2
    assert trained.stderr.count("Epoch 1 of 2") == 1
    proposed = torchrun("propose", project, "--device", "cpu", "--json")
    assert proposed.returncode == 0, proposed.stderr
    assert json.loads(proposed.stdout) == {"run": 2, "images": 9, "boxes": 9}
    run(ProposeRequest(str(project), maps=MapSettings(device="cpu")), silent_reporter())
    with Project.open(project) as opened, opened.read() as connection:
        assert [found.state for found in list_runs(connection)] == [RunState.FINISHED] * 3
        assert len(list_runs(connection, RunKind.TRAIN)) == 1
        both, alone = (list(iter_maps(connection, number)) for number in (2, 3))
        boxes = list(all_proposals(connection))
    assert [(m.image_id, m.class_id) for m in both] == [(m.image_id, m.class_id) for m in alone]
    for ours, theirs in zip(both, alone, strict=True):
        assert ours.probability == pytest.approx(theirs.probability, abs=1e-3)
        np.testing.assert_allclose(ours.values, theirs.values, atol=2e-2)
    assert len(boxes) == 9


def test_an_error_of_all_ranks_is_told_once(project: Path) -> None:
    done = torchrun("train", project, "--method", "nonsense")
    assert done.returncode != 0
    assert done.stderr.count("There is no method named 'nonsense'") == 1
    assert "engine/cli" not in done.stderr.replace("engine.cli", "")  # no traceback of ours
