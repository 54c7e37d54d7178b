"""The tested versions: exact, of everything the project names, and reachable by any index."""

from __future__ import annotations

import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]


def _pins() -> dict[str, Requirement]:
    lines = (ROOT / "packaging" / "constraints.txt").read_text("utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(pin.name): pin for pin in pins}


def test_every_dependency_is_pinned_to_a_version_that_the_project_allows() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    pins = _pins()
    for text in named:
        wanted = Requirement(text)
        pin = pins[canonicalize_name(wanted.name)]
        (exact,) = pin.specifier
        assert exact.operator == "=="
        assert exact.version in wanted.specifier, text


def test_nothing_but_names_and_versions() -> None:
    for name, pin in _pins().items():
        assert pin.url is None, name
        assert len(pin.specifier) == 1, name
    assert "//" not in (ROOT / "packaging" / "constraints.txt").read_text("utf-8")


def test_what_differs_by_platform_is_left_to_pip() -> None:
    assert not [name for name in _pins() if name.startswith(("nvidia", "cuda", "triton"))]
