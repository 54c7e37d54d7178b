"""JSON files larger than the memory: one object whose lists come item by item."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from engine.domain.errors import InputError

#: Characters read at once, and the most that one item of a list may have.
CHUNK = 1 << 20
MAX_ITEM = 16 << 20
_SPACE = " \t\n\r"
#: How far back a comma is looked for, and how often, to find where objects of a list end.
_MAX_SPACE = 200
_TRIES = 8
#: Characters that are looked through singly, at least, where objects could not be read together.
_FEW = 4096
_NUMBER_END = "0123456789.eE+-"


Decoder = msgspec.json.Decoder[list[Any]]
_DECODE_ANY: Decoder = msgspec.json.Decoder(list[Any])


def read_lists(
    file: BinaryIO, path: Path, decoders: Mapping[str, Decoder] | None = None
) -> Iterator[tuple[str, int, Any]]:
    """(key, position in its list, item) for each item of each list of the top-level object.

    A value that is no list comes as one item at position -1. A file that is a bare list is one
    list with the key "". An item of a key in ``decoders`` comes as its decoder makes it, or as
    plain values where that cannot. Raises InputError naming the file and how far it could be read.
    """
    text = _Text(file, path)
    known = decoders or {}
    first = text.next_character()
    if first == "[":
        yield from _items(text, "", known)
    elif first == "{":
        yield from _members(text, known)
    else:
        raise text.wrong("It begins with neither an object nor a list")
    if text.next_character():
        raise text.wrong("Something follows the end")


def _members(text: _Text, decoders: Mapping[str, Decoder]) -> Iterator[tuple[str, int, Any]]:
    text.skip()
    if text.next_character() == "}":
        text.skip()
        return
    while True:
        if text.next_character() != '"':
            raise text.wrong("A name in quotes is missing")
        key = text.value()
        text.expect(":")
        if text.next_character() == "[":
            yield from _items(text, key, decoders)
        else:
            yield key, -1, text.value()
        if text.expect(",}") == "}":
            return


def _items(
    text: _Text, key: str, decoders: Mapping[str, Decoder]
) -> Iterator[tuple[str, int, Any]]:
    text.skip()
    if text.next_character() == "]":
        text.skip()
        return
    decoder = decoders.get(key, _DECODE_ANY)
    position = 0
    while True:
        text.next_character()
        for item in text.several(decoder) or (text.value(),):
            yield key, position, item
            position += 1
        if text.expect(",]") == "]":
            return


class _Text:
    """A window that moves over the file; what has been parsed is dropped."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file, self._path = file, path
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._parse = json.JSONDecoder().raw_decode
        self._window, self._at, self._dropped, self._at_end = "", 0, 0, False
        self._singly_until = 0

    def next_character(self) -> str:
        """The next one that is no white space, not taken yet; empty at the end."""
        while True:
            window, at = self._window, self._at
            while at < len(window) and window[at] in _SPACE:
                at += 1
            self._at = at
            if at < len(window):
                return window[at]
            if not self._fill(CHUNK):
                return ""

    def skip(self) -> None:
        self._at += 1

    def expect(self, characters: str) -> str:
        found = self.next_character()
        if not found or found not in characters:
            raise self.wrong(f"One of {' '.join(characters)} is missing")
        self.skip()
        return found

    def value(self) -> Any:
        """The value that begins here."""
        while True:
            try:
                value, end = self._parse(self._window, self._at)
            except json.JSONDecodeError as error:
                if not self._fill(len(self._window) - self._at):
                    raise self.wrong(error.msg) from error
                continue
            except ValueError as error:
                raise self.wrong("A number has too many digits") from error
            except RecursionError as error:
                raise self.wrong("It is nested too deep") from error
            # a number at the end of the window may go on behind it, as 1 and 1e- may to 1e-3
            rest = self._window[end - 1 : end + 3]
            if end + 3 > len(self._window) and not rest.strip(_NUMBER_END) and self._fill(0):
                continue
            self._at = end
            return value

    def several(self, decoder: Decoder) -> list[Any]:
        """The objects of a list that begin here and end in the window, or none of them.

        Ten times as fast as ``value``. Text that is whole objects with commas between is a list
        in brackets; whatever does not decode so is left for ``value`` to say what is wrong.
        """
        if self._dropped + self._at < self._singly_until:
            return []
        limit = len(self._window)
        while (end := self._last_end(limit)) > 0:
            try:
                found = decoder.decode(f"[{self._window[self._at : end]}]")
            except (msgspec.MsgspecError, ValueError, RecursionError):
                if end - self._at < _FEW:
                    break
                limit = (self._at + end) // 2  # the list may end in this window
            else:
                self._at = end
                return found
        self._singly_until = self._dropped + max(end, min(self._at + _FEW, limit))
        return []

    def _last_end(self, limit: int) -> int:
        """Where the last object ends that another one follows before ``limit``; -1 if none does."""
        window, start = self._window, limit
        for _ in range(_TRIES):
            start = window.rfind("{", self._at + 1, start)
            if start < 0:
                return -1
            before = window[max(self._at, start - _MAX_SPACE) : start].rstrip(_SPACE)
            head = before[:-1].rstrip(_SPACE)
            if before.endswith(",") and head.endswith("}"):
                return start - min(_MAX_SPACE, start - self._at) + len(head)
        return -1

    def wrong(self, message: str) -> InputError:
        place = f"after {self._dropped + self._at:,} characters"
        return InputError(
            f"Not usable as JSON: {message}.",
            path=self._path,
            place=place,
            remedy="Have it written anew if it is cut off, or choose another format.",
        )

    def _fill(self, least: int) -> bool:
        """Bring in at least as many characters again as wait; False at the end of the file."""
        if self._at_end:
            return False
        if len(self._window) - self._at > MAX_ITEM:
            raise self.wrong(f"One item is longer than {MAX_ITEM:,} characters")
        self._window, self._dropped = self._window[self._at :], self._dropped + self._at
        self._at = 0
        try:
            raw = self._file.read(max(least, CHUNK))
            self._at_end = not raw
            self._window += self._decoder.decode(raw, final=not raw)
        except UnicodeDecodeError as error:
            raise self.wrong("It is not UTF-8") from error
        except OSError as error:
            raise self.wrong(f"It cannot be read ({error.strerror})") from error
        return not self._at_end
