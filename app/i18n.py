"""The window's words in the language of the person: marked here, looked up in a catalogue.

English stands in the source, so that it needs no catalogue. A text is translated where it is
shown (``tr``); what stands in a table of constants is only marked there (``mark``) and goes through
``tr`` on its way to the screen. Catalogues are in ``resources/translations``, made and kept up to
date by ``packaging/translations.py``.

Errors keep the words of the engine, which is another process and writes the same words into the log
and on the command line, where people search for them: their frame is translated, they are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gettext import NullTranslations

SYSTEM = "system"
ENGLISH = "en"
#: Each by its own name, so that who cannot read the present one finds his own.
LANGUAGES = {ENGLISH: "English", "de": "Deutsch"}
_DOMAIN = "boxwright"
_DECIMAL_COMMA = frozenset({"de"})
_KEEPS_CAPITALS = frozenset({"de"})
_SWAPPED = str.maketrans(",.", ".,")


@dataclass(slots=True)
class _Now:
    language: str = ENGLISH
    catalogue: NullTranslations | None = None


_now = _Now()


def use(language: str) -> None:
    """Speak ``language`` from now on; one that there is no catalogue of is English.

    What is on the screen already stays as it is.
    """
    _now.catalogue = None if language not in LANGUAGES else _load(language)
    _now.language = ENGLISH if _now.catalogue is None else language


def language() -> str:
    """The language that is spoken now."""
    return _now.language


def tr(text: str, /, **values: object) -> str:
    """``text`` in the person's language, with ``values`` put in for their names in braces."""
    if _now.catalogue is not None and text:
        text = _now.catalogue.gettext(text)
    return text.format(**values) if values else text


def mark(text: str) -> str:
    """``text`` as it is: it is translated by ``tr`` where it is shown."""
    return text


def plural(number: int, one: str, many: str) -> str:
    """The form of the word that goes with ``number``."""
    if _now.catalogue is not None:
        return _now.catalogue.ngettext(one, many, number)
    return one if number == 1 else many


def whole(number: int) -> str:
    """A count with its thousands apart: ``5,000``."""
    return spelt(f"{number:,}")


def decimal(number: float, places: int) -> str:
    """A number with ``places`` behind the point: ``0.50``."""
    return spelt(f"{number:,.{places}f}")


def percent(share: float, places: int = 0) -> str:
    """A share between 0 and 1: ``95 %``."""
    return f"{decimal(share * 100, places)} %"


def spelt(text: str) -> str:
    """A number that Python has written, with the comma and point of the language."""
    return text.translate(_SWAPPED) if _now.language in _DECIMAL_COMMA else text


def lowered(text: str) -> str:
    """``text`` as it goes on within a sentence."""
    return text if _now.language in _KEEPS_CAPITALS else text[:1].lower() + text[1:]


def _load(language: str) -> NullTranslations | None:
    if language == ENGLISH:
        return None
    from gettext import GNUTranslations  # only who speaks another language waits for it

    path = files("resources").joinpath("translations", language, "LC_MESSAGES", f"{_DOMAIN}.mo")
    with path.open("rb") as file:
        return GNUTranslations(file)
