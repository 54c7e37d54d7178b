"""Small XML files as trees: no entities, no document types, no depth without end."""

from __future__ import annotations

from contextlib import suppress
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from engine.domain.errors import InputError
from engine.exchange.reading import File, read_file

#: Largest file and deepest nesting that is read; an image with 10,000 objects takes some 4 MB.
MAX_BYTES = 16 << 20
MAX_DEPTH = 20
#: Most tags of a file that is parsed without counting its depth.
MAX_PLAIN = 20_000


class _TooDeepError(Exception):
    """Raised inside the parser."""


class _ShallowBuilder(TreeBuilder):
    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _TooDeepError
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def read_tree(path: File) -> Element:
    """The root element. Raises InputError naming the file and, where known, the line."""
    content = read_file(path, MAX_BYTES)
    if _is_plain(content):
        with suppress(ParseError, LookupError, ValueError):
            parser = XMLParser()
            parser.feed(content)
            return parser.close()  # as fromstring, without its detours
    return _read_carefully(content, path)


def _is_plain(content: bytes) -> bool:
    """Whether nothing in it could ask for more than its own size: no document type, in an
    encoding where one would be seen, and no more elements than could be nested without harm."""
    head = content[: content.find(b"?>") + 1].lower()
    return (
        b"<!" not in content
        and b"\x00" not in content
        and (b"encoding" not in head or b"utf-8" in head)
        and content.count(b"<") <= MAX_PLAIN
    )


def _read_carefully(content: bytes, path: File) -> Element:
    """Ten times as slow as the parser in C."""
    parser = DefusedXMLParser(target=_ShallowBuilder(), forbid_dtd=True)
    try:
        parser.feed(content)
        root: Element = parser.close()
    except DefusedXmlException as error:
        raise InputError(
            "It has a document type or entities, which are never read.",
            path=path,
            remedy="Remove the lines that begin with <!.",
        ) from error
    except ParseError as error:
        line = f"line {error.position[0]}"
        raise InputError(
            f"Not XML: {str(error.msg).partition(':')[0]}.", path=path, place=line
        ) from error
    except _TooDeepError as error:
        raise InputError("It is nested too deep.", path=path) from error
    except (LookupError, ValueError) as error:  # an encoding that there is not
        raise InputError(f"It cannot be decoded ({error}).", path=path) from error
    return root
