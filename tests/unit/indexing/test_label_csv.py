"""Rows that fit are taken; what does not fit is named with its line."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from engine.domain.errors import InputError
from engine.indexing.label_csv import LabelTable, read_labels


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("a/1.jpg", "a/2.jpg", "b/1.jpg", 'b/odd, "name".jpg', "b/é.jpg"):
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "secret.jpg").touch()
    return tmp_path / "images"


def read(root: Path, text: str | bytes) -> LabelTable:
    file = root.parent / "labels.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_labels(file, root)


def test_plain_table(root: Path) -> None:
    table = read(root, "image,class\na/1.jpg,gull\na/2.jpg,crow\n")
    assert table.labels == {"a/1.jpg": "gull", "a/2.jpg": "crow"}
    assert table.warnings == []


def test_what_spreadsheets_write(root: Path) -> None:
    text = (
        '\ufeffclass, image ,note\r\ngull,"b/odd, ""name"".jpg",x\r\n\r\n crow , a\\1.jpg\r\n,,\r\n'
    )
    table = read(root, text)
    assert table.labels == {'b/odd, "name".jpg': "gull", "a/1.jpg": "crow"}
    assert table.warnings == []


def test_accents_match_whatever_their_encoding(root: Path) -> None:
    name = unicodedata.normalize("NFD", "b/é.jpg")
    assert list(read(root, f"image,class\n{name},gull\n").labels) == ["b/é.jpg"]


def test_what_does_not_fit_is_named_with_its_line(root: Path) -> None:
    table = read(
        root,
        "image,class\na/1.jpg,gull\na/gone.jpg,gull\na/2.jpg,\na/1.jpg,gull\n"
        f"a/1.jpg,crow\n../secret.jpg,crow\n{root.parent}/secret.jpg,crow\na,crow\n"
        f"{'x' * 5000}.jpg,crow\nb/1.jpg\n",
    )
    assert table.labels == {"a/1.jpg": "gull"}
    lines = [warning.split(": ")[0] for warning in table.warnings]
    assert lines == [f"labels.csv, line {n}" for n in (3, 4, 6, 7, 8, 9, 10, 11)]
    assert "no image 'a/gone.jpg'" in table.warnings[0]
    assert "has no class" in table.warnings[1]
    assert "is 'gull' in line 2, 'crow' here is ignored" in table.warnings[2]
    assert "no image '../secret.jpg'" in table.warnings[3]


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_out_of_the_root_do_not_count(root: Path) -> None:
    (root / "a/leak.jpg").symlink_to(root.parent / "secret.jpg")
    table = read(root, "image,class\na/leak.jpg,gull\na/1.jpg,gull\n")
    assert list(table.labels) == ["a/1.jpg"]
    assert "line 2" in table.warnings[0]


@pytest.mark.parametrize(
    ("text", "words", "place"),
    [
        ("", "header is empty", "line 1"),
        ("image;class\na/1.jpg;gull\n", "header is image;class", "line 1"),
        ("file,label\na/1.jpg,gull\n", "header is file,label", "line 1"),
        ("image,class,class\na/1.jpg,gull,x\n", "header is", "line 1"),
        ("image,class\nb/é.jpg,gull\n".encode("latin-1"), "no UTF-8", "byte 14"),
        ("image,class\na/1.jpg,gull\n".encode("utf-16"), "no UTF-8", "byte 0"),
        ('image,class\n"a/1.jpg,gull\n', "Not a CSV", "line 2"),
        ("image,class\na/1.jpg," + "x" * 200_000, "Not a CSV", "line 2"),
        ("image,class\na/9.jpg,gull\n", "No line labels an image.*line 2", None),
        ("image,class\n", "No line labels an image", None),
    ],
)
def test_refused_tables(root: Path, text: str | bytes, words: str, place: str | None) -> None:
    with pytest.raises(InputError, match=words) as caught:
        read(root, text)
    assert caught.value.path == str(root.parent / "labels.csv")
    assert caught.value.place == place
    assert caught.value.remedy


def test_missing_table(root: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_labels(root / "none.csv", root)
