"""``packaging/dev.py``: what it understands, and what an older Python gets to read."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import dev
import pytest

DEV = Path(dev.__file__)


def test_arguments_after_the_dashes_go_to_the_program() -> None:
    assert dev.parse(["run"]) == ("run", [])
    assert dev.parse(["run", "--", "status", "my project", "--json"]) == (
        "run",
        ["status", "my project", "--json"],
    )
    assert dev.parse(["test", "--", "-k", "box", "--", "x"]) == ("test", ["-k", "box", "--", "x"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "run or test"),
        (["build"], "'build'"),
        (["run", "status"], "run -- status"),
        (["test", "-k", "box"], "test -- -k box"),
    ],
)
def test_what_it_does_not_understand_is_said_with_the_usage(
    arguments: list[str], words: str
) -> None:
    done = subprocess.run(
        [sys.executable, DEV, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert words in done.stderr
    assert "usage: python3 packaging/dev.py run" in done.stderr


def test_help_needs_no_installation() -> None:
    done = subprocess.run([sys.executable, DEV, "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    assert "examples:" in done.stdout


def test_an_older_python_reads_what_is_needed() -> None:
    assert dev.too_old((3, 11), None) is None
    assert dev.too_old((3, 14), None) is None
    assert dev.too_old((3, 9), "python3.12") == (
        "Boxwright needs Python 3.11 or newer; this is 3.9."
        " python3.12 is on this machine: python3.12 packaging/dev.py run"
    )
    alone = dev.too_old((3, 10), None)
    assert alone is not None
    assert "python.org" in alone


def test_an_older_python_can_read_the_file() -> None:
    """Syntax of Python 3.7, and nothing of ours imported before the version is looked at."""
    tree = ast.parse(DEV.read_text("utf-8"), feature_version=(3, 7))
    names = [
        alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names
    ]
    names += [node.module or "" for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert set(names) <= sys.stdlib_module_names
    assert "bootstrap" not in names


@pytest.mark.parametrize("file", [DEV, *sorted((DEV.parent / "bootstrap").glob("*.py"))])
def test_nothing_but_the_standard_library_is_imported(file: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported.add(node.module.split(".")[0])
    assert imported - sys.stdlib_module_names <= {"bootstrap"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot hand a process over")
def test_the_exit_code_of_the_program_is_the_commands() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(DEV.parent)!r}); import dev;"
        "dev.hand_over([sys.executable, '-c', 'raise SystemExit(7)'], {})"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 7
