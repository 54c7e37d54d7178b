"""No words for people that cannot be translated: in the window, and of what the engine tells it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.engine_words import SENTENCES, SOURCES, STEPS, recognised
from engine.localization.asking import answer
from engine.localization.guarantee import Promise, find_floor
from tests.architecture.words_for_people import unmarked

ROOT = Path(__file__).parents[2]
#: What a job says while it runs, by the place of the words among the arguments.
_TELLS = {"progress": 3, "track": 2, "within": 0}
#: Only on the command line, and in what is written into files.
_UNHEARD = ("engine/cli/", "engine/jobs/reporter.py")


@pytest.mark.parametrize("path", sorted((ROOT / "app").rglob("*.py")), ids=lambda p: p.name)
def test_every_text_of_the_window_is_marked(path: Path) -> None:
    assert list(unmarked(path)) == []


@pytest.mark.parametrize(
    "line",
    [
        'label("Not marked")',
        'button("close", self.reject)',
        'self.setWindowTitle(f"{name} of many")',
        'HINT = "Choose a folder."',
        'self.text.setText("on" if yes else "Off")',
        'raise InputError("This cannot be read.")',
    ],
)
def test_a_text_that_is_not_marked_is_found(line: str, tmp_path: Path) -> None:
    source = tmp_path / "some.py"
    source.write_text(f'"""Some module."""\n{line}\n')
    assert list(unmarked(source))


@pytest.mark.parametrize(
    "line",
    [
        'label(tr("Marked"), "muted")',
        'log.warning("The file %s is gone", path)',
        'NAMES = ("file.open", "Ctrl+O", "#ff00aa")',
        'widget.setObjectName("tools")',
        'words = f"{a} × {b} px"',
    ],
)
def test_what_is_marked_or_no_words_is_let_by(line: str, tmp_path: Path) -> None:
    source = tmp_path / "some.py"
    source.write_text(line + "\n")
    assert list(unmarked(source)) == []


def test_the_window_knows_the_steps_of_all_jobs() -> None:
    unknown = [said for said in _steps() if not recognised(said)]
    assert unknown == []


def test_the_window_knows_all_findings() -> None:
    found = list(_arguments("engine/store/checks.py", "Finding", 2))
    assert found
    assert [said for said in found if not recognised(said)] == []


@pytest.mark.parametrize(
    ("reviewed", "right", "rest", "share"),
    [
        (200, 200, 50, 0.9),
        (200, 200, 0, 0.9),
        (5, 5, 50, 0.9),
        (100, 40, 50, 0.9),
        (80, 70, 9, 0.9),
    ],
)
def test_the_window_knows_what_is_promised(
    reviewed: int, right: int, rest: int, share: float
) -> None:
    hits = [n < right for n in range(reviewed)]
    found = find_floor([0.5] * reviewed, hits, [0.5] * rest, Promise(share, 0.95, 0.5))
    assert recognised(found.sentence), found.sentence


@pytest.mark.parametrize("reviewed", [20, 300])
def test_the_window_knows_what_is_promised_to_who_may_ask_again(reviewed: int) -> None:
    found, _ = answer([0.9] * reviewed, [True] * reviewed, [0.5] * 2000, Promise())
    assert recognised(found.sentence), found.sentence


def test_no_step_is_known_that_nobody_says() -> None:
    engine = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "engine").rglob("*.py"))
    begins = [s.split("{")[0] for s in SENTENCES]
    for text in (*STEPS, *SOURCES, *begins):
        assert text in engine, text


def _steps() -> Iterator[str]:
    for path in sorted((ROOT / "engine").rglob("*.py")):
        if path.relative_to(ROOT).as_posix().startswith(_UNHEARD):
            continue
        for name, at in _TELLS.items():
            yield from _arguments(path.relative_to(ROOT).as_posix(), name, at)


def _arguments(path: str, name: str, at: int) -> Iterator[str]:
    """The texts at one place of the calls of ``name``, something put into their holes."""
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and _name(node) == name and len(node.args) > at:
            text = node.args[at]
            if isinstance(text, ast.Constant) and isinstance(text.value, str) and text.value:
                yield text.value
            elif isinstance(text, ast.JoinedStr):
                parts = [p.value if isinstance(p, ast.Constant) else "7" for p in text.values]
                said = "".join(str(part) for part in parts)
                if any(letter.isalpha() for letter in said):
                    yield said


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
