"""What a JPEG or PNG file says of itself, without decoding it.

A file is taken at its word where its structure is whole and usual; all others are decoded to know
(``engine.imaging.decoding.probe``). A JPEG that was cut short lacks its last marker; what else is
damaged in it shows when it is first decoded, or never: decoders make a picture of any bytes between
the markers. A PNG carries a checksum of each of its parts.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from engine.imaging.info import ImageInfo
from engine.imaging.opening import MAX_PIXELS

_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_JPEG_END = b"\xff\xd9"
_APP1, _START_OF_SCAN = 0xE1, 0xDA
_FRAMES = {0xC0, 0xC1, 0xC2}  # baseline, extended and progressive, Huffman coded
#: Beside them what usually stands before the pixels: tables, notes of cameras and programs.
_SEGMENTS = _FRAMES | {0xC4, 0xDA, 0xDB, 0xDD, 0xFE, *range(0xE0, 0xF0)}
_EXIF, _XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
_ORIENTATION_TAG, _SHORT = 0x0112, 3
#: PNG: bit depths by colour type.
_DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
_PALETTE = 3
_MAY_HOLD_ORIENTATION = (b"Raw profile type exif", b"XML:com.adobe.xmp")

Size = tuple[int, int]


class _UnusualError(Exception):
    """Decoding has to tell."""


def glance(content: bytes) -> ImageInfo | None:
    """What the file with these bytes is; None if only decoding it can tell."""
    try:
        if content.startswith(_JPEG) and content.endswith(_JPEG_END):
            return _jpeg(content)
        if content.startswith(_PNG):
            return _png(content)
    except (_UnusualError, struct.error, IndexError):  # it may end where more was promised
        return None
    return None


def _jpeg(content: bytes) -> ImageInfo:
    size, orientation, foreign = None, None, False
    for kind, body, after in _segments(content):
        if kind in _FRAMES:
            _expect(size is None)
            size = _frame_size(content, body)
        elif kind == _APP1 and content.startswith(_EXIF, body):
            _expect(orientation is None)
            orientation = _exif_orientation(content[body + len(_EXIF) : after])
        elif kind == _APP1 and content.startswith(_XMP, body):
            foreign |= b"tiff:Orientation" in content[body:after]
    _expect(bool(orientation) or not foreign)
    return _info(size, "JPEG", orientation or 1)


def _segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """What stands before the pixels: its kind, and where it begins and ends."""
    at, kind = 2, 0
    while kind != _START_OF_SCAN:
        mark, kind, length = struct.unpack_from(">BBH", content, at)
        _expect(mark == 0xFF and kind in _SEGMENTS)
        yield kind, at + 4, at + 2 + length
        at += 2 + length
    _expect(at < len(content) - len(_JPEG_END))


def _frame_size(content: bytes, body: int) -> Size:
    precision, height, width, components = struct.unpack_from(">BHHB", content, body)
    _expect(precision == 8 and components in (1, 3, 4))
    return width, height


def _exif_orientation(exif: bytes) -> int:
    """1 to 8, or 0 where none is given."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    _expect(order is not None)
    (first,) = struct.unpack_from(f"{order}I", exif, 4)
    (count,) = struct.unpack_from(f"{order}H", exif, first)
    for entry in range(first + 2, first + 2 + 12 * count, 12):
        tag, kind, values, value = struct.unpack_from(f"{order}HHIH", exif, entry)
        if tag == _ORIENTATION_TAG:
            _expect(kind == _SHORT and values == 1 and 1 <= value <= 8)
            return int(value)
    return 0


def _png(content: bytes) -> ImageInfo:
    size, has_palette, has_pixels = None, True, False
    for kind, body in _chunks(content):
        if kind == b"IHDR":
            size, has_palette = _png_header(content, body)
        has_palette |= kind == b"PLTE"
        has_pixels |= kind == b"IDAT"
        _expect(kind != b"eXIf" and not content.startswith(_MAY_HOLD_ORIENTATION, body))
    _expect(has_palette and has_pixels)
    return _info(size, "PNG", 1)


def _chunks(content: bytes) -> Iterator[tuple[bytes, int]]:
    """The kind of each part and where it begins; each has the checksum that it says it has."""
    at, kind = len(_PNG), b""
    view = memoryview(content)
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", content, at)
        end = at + 8 + length
        (checksum,) = struct.unpack_from(">I", content, end)
        _expect(zlib.crc32(view[at + 4 : end]) == checksum)
        yield kind, at + 8
        at = end + 4


def _png_header(content: bytes, body: int) -> tuple[Size, bool]:
    """The size, and whether there need be no palette."""
    width, height, depth, kind, *ways = struct.unpack_from(">IIBBBBB", content, body)
    _expect(depth in _DEPTHS.get(kind, ()) and ways[:2] == [0, 0] and ways[2] in (0, 1))
    return (width, height), kind != _PALETTE


def _info(size: Size | None, kind: str, orientation: int) -> ImageInfo:
    width, height = size or (0, 0)
    _expect(0 < width * height <= MAX_PIXELS)
    if orientation >= 5:
        width, height = height, width
    return ImageInfo(width, height, kind, orientation)


def _expect(usual: bool) -> None:
    if not usual:
        raise _UnusualError
