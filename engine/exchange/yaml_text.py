"""Text in YAML: quoted so that any name reads back as it was."""

from __future__ import annotations

#: Printable for Python, but not for every YAML reader.
_SPECIAL = frozenset('"\\\ufeff')


def quoted(text: str) -> str:
    """``text`` as a double-quoted scalar on one line."""
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character.isprintable() and character not in _SPECIAL:
        return character
    if character in '"\\':
        return f"\\{character}"
    return f"\\U{ord(character):08x}"
