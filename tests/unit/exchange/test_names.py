from __future__ import annotations

import unicodedata
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.exchange.names import (
    MAX_STEM_BYTES,
    path_problem,
    split_name,
    tidy_path,
    unique_stems,
)

NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\x00"), min_size=1)
PATHS = (
    st.lists(NAMES, min_size=1, max_size=3)
    .map("/".join)
    .filter(lambda path: path_problem(path) is None and tidy_path(path) == path)
)


def test_own_stem_where_it_is_free() -> None:
    assert unique_stems(["a/x.jpg", "b/y.jpg"]) == {"a/x.jpg": "x", "b/y.jpg": "y"}


@pytest.mark.parametrize(
    "paths",
    [
        ["a/x.jpg", "b/x.jpg"],
        ["a/x.jpg", "a/x.png"],
        ["a/x.jpg", "a/X.jpg"],
        ["a/x.jpg", "b/x.jpg", "c/a__x.jpg"],
        ["a/b__x.jpg", "a__b/x.jpg", "c/x.jpg", "d/b__x.jpg"],
        ["a/caf\u00e9.jpg", "b/cafe\u0301.jpg"],
    ],
)
def test_no_two_are_the_same_on_any_system(paths: list[str]) -> None:
    stems = unique_stems(paths)
    assert list(stems) == paths
    assert len({unicodedata.normalize("NFC", s).casefold() for s in stems.values()}) == len(paths)


def test_folders_tell_them_apart() -> None:
    assert unique_stems(["a/x.jpg", "b/x.jpg"]) == {"a/x.jpg": "a__x", "b/x.jpg": "b__x"}


def test_ends_and_control_characters_survive_a_list_of_lines() -> None:
    stems = unique_stems(["a/ x\ny .jpg", "a/tab\t.jpg"])
    assert stems == {"a/ x\ny .jpg": "_x_y_", "a/tab\t.jpg": "tab_"}


@given(st.lists(PATHS, max_size=8, unique=True))
def test_stems_are_unique_short_file_names(paths: list[str]) -> None:
    stems = list(unique_stems(paths).values())
    assert len(set(stems)) == len(paths)
    for stem in stems:
        assert stem.strip() == stem
        assert "/" not in stem
        assert len(stem.splitlines()) == 1
        assert 0 < len(stem.encode()) <= MAX_STEM_BYTES + 4


def test_overlong_names_stay_apart() -> None:
    one, other = "d/" + "é" * 126 + "1.j", "d/" + "é" * 126 + "2.j"
    stems = unique_stems([one, other])
    assert stems[one] != stems[other]
    assert all(len(stem.encode()) <= MAX_STEM_BYTES for stem in stems.values())


@pytest.mark.parametrize(
    "path", ["/a", "\\a", "C:/a", "C:a", "\\\\host\\a", "..", "a/../b", "a\\..\\b", "", " ", "a\0"]
)
def test_paths_that_leave_the_root(path: str) -> None:
    assert path_problem(path)


@pytest.mark.parametrize("path", ["a.jpg", "a/b.jpg", "a..b/c...jpg", "...", "ä b/'\".jpg"])
def test_paths_that_stay(path: str) -> None:
    assert path_problem(path) is None


@given(st.text(st.sampled_from("ab./: é\\"), min_size=1, max_size=8))
def test_fast_ways_agree_with_pathlib(path: str) -> None:
    inside = PureWindowsPath(path)
    climbs = ".." in inside.parts or path.startswith(("/", "\\")) or bool(inside.drive)
    assert (path_problem(path) is None) == (not climbs and bool(path.strip()))
    name = path.rpartition("/")[2]
    if name not in ("", ".", ".."):
        assert split_name(path) == (PurePosixPath(name).stem, PurePosixPath(name).suffix)
