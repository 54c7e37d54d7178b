"""When an environment is taken as it is, completed or remade."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from bootstrap.stamp import (
    INSTALLING,
    READY,
    Layout,
    Plan,
    Stamp,
    plan,
    python_version,
    read_stamp,
    write_stamp,
)

WANTED = Stamp(READY, "/home/anna/box wright", "3.12", "0f", test=False)


@pytest.mark.parametrize(
    ("found", "works", "expected"),
    [
        (WANTED, True, Plan.NOTHING),
        (replace(WANTED, test=True), True, Plan.NOTHING),
        (replace(WANTED, sources="1e"), True, Plan.INSTALL),
        (None, True, Plan.INSTALL),  # made by hand
        (None, False, Plan.MAKE),
        (WANTED, False, Plan.MAKE),  # its Python was removed from the system
        (replace(WANTED, state=INSTALLING), True, Plan.MAKE),  # interrupted
        (replace(WANTED, python="3.11"), True, Plan.MAKE),
        (replace(WANTED, root="/home/anna/old place"), True, Plan.MAKE),  # the folder was moved
    ],
)
def test_plan(found: Stamp | None, works: bool, expected: Plan) -> None:
    assert plan(found, WANTED, works) is expected


def test_the_tests_need_more_than_the_program() -> None:
    assert plan(WANTED, replace(WANTED, test=True), works=True) is Plan.INSTALL


@pytest.fixture
def checkout(tmp_path: Path) -> Layout:
    (tmp_path / "packaging").mkdir()
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "packaging" / "constraints.txt").write_text("torch==2.15.0\n")
    (tmp_path / ".venv").mkdir()
    return Layout(tmp_path)


def test_a_stamp_is_read_as_it_was_written(checkout: Layout) -> None:
    stamp = Stamp.wanted(checkout, test=True)
    write_stamp(checkout.stamp, stamp)
    assert read_stamp(checkout.stamp) == stamp
    assert stamp.python == python_version()
    assert [path.name for path in checkout.venv.iterdir()] == [checkout.stamp.name]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"state": "ready"}', '{"unknown": 1}'])
def test_what_is_no_stamp_is_none(checkout: Layout, content: str) -> None:
    checkout.stamp.write_text(content)
    assert read_stamp(checkout.stamp) is None


@pytest.mark.parametrize("name", ["pyproject.toml", "packaging/constraints.txt"])
def test_a_changed_source_changes_the_stamp(checkout: Layout, name: str) -> None:
    before = Stamp.wanted(checkout, test=False)
    (checkout.root / name).write_text("# other\n")
    assert Stamp.wanted(checkout, test=False).sources != before.sources


def test_windows_has_other_folders(tmp_path: Path) -> None:
    layout = Layout(tmp_path, windows=True)
    assert layout.python == tmp_path / ".venv" / "Scripts" / "python.exe"
    assert layout.boxwright == tmp_path / ".venv" / "Scripts" / "boxwright.exe"
    layout = Layout(tmp_path, windows=False)
    assert layout.boxwright == tmp_path / ".venv" / "bin" / "boxwright"
