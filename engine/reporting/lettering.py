"""How wide text is, and where it breaks; lengths are mm, sizes points."""

from __future__ import annotations

from functools import lru_cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

INCH = 25.4
POINT = INCH / 72


def wrapped(text: str, width: float, size: float, weight: str = "normal") -> list[str]:
    """``text`` in lines no wider than ``width``; words that are wider are cut."""
    lines: list[str] = [""]
    for word in clean(text).split():
        longer = f"{lines[-1]} {word}".strip()
        if text_width(longer, size, weight) <= width:
            lines[-1] = longer
            continue
        pieces = _pieces(word, width, size, weight)
        lines += pieces if lines[-1] else []
        lines = lines if lines[-1] else pieces
    return lines


def cut(text: str, width: float, size: float) -> str:
    """``text`` on one line, its end left out where it does not fit."""
    first = _pieces(clean(text), width - 2, size, "normal")[0]
    return first if first == clean(text) else f"{first.rstrip()}…"


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """In mm: the sum of the font's own widths, without kerning."""
    return sum(_advance(character, weight) for character in text) * size * POINT


def clean(text: str) -> str:
    """Without control characters and lone surrogates, which no font can draw."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _pieces(word: str, width: float, size: float, weight: str) -> list[str]:
    pieces = [""]
    for character in word:
        if pieces[-1] and text_width(pieces[-1] + character, size, weight) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces


@lru_cache(maxsize=4096)
def _advance(character: str, weight: str) -> float:
    """The width of a character in points at a size of 1."""
    font = FontProperties(size=100, weight=weight)
    width, _, _ = text_to_path.get_text_width_height_descent(character, font, ismath=False)
    return float(width) / 100
