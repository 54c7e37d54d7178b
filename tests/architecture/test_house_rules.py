"""The house rules as tests; each is also broken once here, to see it fire."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# contract name -> a line that breaks it, and the file that the line goes into
BREAKS = {
    "The window reaches no torch, on any path": ("engine/jobs/wire.py", "import torch"),
    "The engine reaches no Qt, on any path": (
        "engine/localization/boxes.py",
        "def late() -> None:\n    import PySide6.QtCore",
    ),
    "Only the store knows SQL": ("engine/workflows/index.py", "import sqlalchemy"),
    "Only learning knows torch": ("engine/exchange/coco.py", "import torch"),
    "The rooms stand in one order": ("engine/domain/geometry.py", "import engine.store.project"),
    "The window uses these rooms only": ("app/main.py", "import engine.indexing.scan"),
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def copy_of_the_house(target: Path) -> Path:
    for name in ("app", "engine"):
        shutil.copytree(
            ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__", ".mypy_cache")
        )
    shutil.copy(ROOT / "pyproject.toml", target)
    return target


def test_every_rule_holds(tmp_path: Path) -> None:
    result = lint(copy_of_the_house(tmp_path))
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{len(BREAKS)} kept, 0 broken" in result.stdout


@pytest.mark.parametrize("rule", BREAKS)
def test_a_broken_rule_fires(rule: str, tmp_path: Path) -> None:
    house = copy_of_the_house(tmp_path)
    file, line = BREAKS[rule]
    with (house / file).open("a", encoding="utf-8") as source:
        source.write(f"\n{line}\n")
    result = lint(house)
    assert result.returncode != 0
    assert f"{rule} BROKEN" in result.stdout


def imported_by(module: str) -> set[str]:
    """Top-level packages in memory after ``import module`` in a fresh interpreter."""
    code = f"import {module}, sys; print(' '.join({{m.split('.')[0] for m in sys.modules}}))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(result.stdout.split())


@pytest.mark.parametrize("module", ["app.main", "app.main_window", "engine.cli.main"])
def test_starting_pulls_in_no_torch(module: str) -> None:
    assert not imported_by(module) & {"torch", "torchvision", "scipy", "matplotlib", "alembic"}


@pytest.mark.parametrize("module", ["engine.worker", "engine.cli.main", "engine.store.project"])
def test_the_engine_pulls_in_no_qt(module: str) -> None:
    assert not imported_by(module) & {"PySide6", "pyqtgraph"}
