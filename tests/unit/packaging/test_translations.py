"""The catalogues: whole, in step with the sources and with what is compiled from them."""

from __future__ import annotations

import gettext
import string
from pathlib import Path

import pytest
import translations
from babel.messages import Catalog, Message

FILES = translations.catalogue_files()
Forms = tuple[str, ...]


def forms(message: Message) -> tuple[Forms, Forms]:
    """The texts of a message, and those of its translation."""
    said, told = message.id, message.string
    return (
        said if isinstance(said, tuple) else (said,),
        told if isinstance(told, tuple) else (told,),
    )


def messages(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def placeholders(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.fixture(scope="module", params=FILES, ids=lambda path: path.parts[-3])
def file(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


@pytest.fixture(scope="module")
def catalogue(file: Path) -> Catalog:
    return translations.read(file)


def test_german_is_there() -> None:
    assert [path.parts[-3] for path in FILES] == ["de"]


def test_every_text_of_today_is_in_the_catalogue_and_nothing_else(catalogue: Catalog) -> None:
    wanted = {message.id for message in messages(translations.template())}
    found = {message.id for message in messages(catalogue)}
    assert found == wanted, "run packaging/translations.py"


def test_every_text_is_translated(catalogue: Catalog) -> None:
    assert list(translations.untranslated(catalogue)) == []
    assert [m.id for m in messages(catalogue) if m.fuzzy] == []


def test_what_is_put_into_a_text_goes_into_its_translation(catalogue: Catalog) -> None:
    for message in messages(catalogue):
        said, told = forms(message)
        wanted = placeholders(said[-1])
        assert all(placeholders(text) == wanted for text in told), message.id


def test_translations_keep_what_the_layout_and_menus_rely_on(catalogue: Catalog) -> None:
    for message in messages(catalogue):
        for said, told in zip(*forms(message), strict=True):
            assert said.endswith("…") == told.endswith("…"), said
            assert said[:1].isspace() == told[:1].isspace(), said
            assert said[-1:].isspace() == told[-1:].isspace(), said
            assert said.count("&") == told.count("&"), said
            assert said.count("\n") == told.count("\n"), said
            assert said.count(";;") == told.count(";;"), said


def test_the_compiled_catalogue_says_what_the_text_says(file: Path, catalogue: Catalog) -> None:
    with file.with_suffix(".mo").open("rb") as compiled:
        spoken = gettext.GNUTranslations(compiled)
    for message in messages(catalogue):
        said, told = forms(message)
        if len(said) == 1:
            assert spoken.gettext(said[0]) == told[0]
        else:
            assert (spoken.ngettext(*said, 1), spoken.ngettext(*said, 2)) == told


def test_a_catalogue_written_again_is_the_same(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "de" / "LC_MESSAGES" / file.name
    copy.parent.mkdir(parents=True)
    copy.write_bytes(file.read_bytes())
    translations.update(copy)
    assert copy.read_bytes() == file.read_bytes()


def test_marks_are_found_within_marks_and_keys_of_tables_are_not(tmp_path: Path) -> None:
    source = tmp_path / "some.py"
    source.write_text(
        'tr("Run {id}", when=moment(x, mark("dd MMM")))\n'
        'tr(TITLES["bug"])\n'
        'counted(n, "box", "boxes")\n'
        'plural(n, one, "boxes")\n'
    )
    found = set(translations.marked(source))
    assert found == {"Run {id}", "dd MMM", ("box", "boxes")}
