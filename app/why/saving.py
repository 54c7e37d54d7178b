"""What is shown as a picture for print: PNG at 300 dots per inch, or SVG."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, QRect
from PySide6.QtGui import QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgGenerator

from app.i18n import tr
from app.why.sheet_layout import Drawing
from app.why.style import print_style
from engine.domain.errors import InputError, StorageError

PRINT_DPI = 300
_SCREEN_DPI = 96
_METRE_PER_INCH = 0.0254
SUFFIXES = (".png", ".svg")


def save_drawing(drawing: Drawing, path: Path, title: str) -> None:
    """Write what was on a sheet to ``path``, on white; by its ending, PNG or SVG.

    The old file stays as it was unless all went well. Raises InputError for another ending,
    StorageError if it cannot be written. Takes a second: not for the window's thread.
    """
    if path.suffix.lower() not in SUFFIXES:
        kind = path.suffix or tr("a file without ending")
        raise InputError(
            tr("A view is saved as PNG or SVG, not as {kind}.", kind=kind),
            path=path,
            remedy=tr("Give the file one of these endings."),
        )
    svg = path.suffix.lower() == ".svg"
    _write(path, svg_bytes(drawing, title) if svg else png_bytes(drawing))


def png_bytes(drawing: Drawing) -> bytes:
    factor = PRINT_DPI / _SCREEN_DPI
    image = QImage(drawing.size * factor, QImage.Format.Format_RGB32)
    image.setDotsPerMeterX(round(PRINT_DPI / _METRE_PER_INCH))
    image.setDotsPerMeterY(round(PRINT_DPI / _METRE_PER_INCH))
    style = print_style()
    image.fill(style.paper)
    painter = QPainter(image)
    painter.scale(factor, factor)
    drawing.paint(painter, style)
    painter.end()
    buffer = _buffer()
    writer = QImageWriter(buffer, QByteArray(b"png"))
    if not writer.write(image):
        raise StorageError(
            tr("The view could not be turned into a PNG ({reason}).", reason=writer.errorString()),
            remedy=tr("Save it as SVG."),
        )
    return bytes(buffer.data().data())


def svg_bytes(drawing: Drawing, title: str) -> bytes:
    buffer = _buffer()
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(drawing.size)
    generator.setViewBox(QRect(QPoint(0, 0), drawing.size))
    generator.setTitle(title)
    generator.setResolution(_SCREEN_DPI)
    style = print_style()
    painter = QPainter(generator)
    painter.fillRect(QRect(QPoint(0, 0), drawing.size), style.paper)
    drawing.paint(painter, style)
    painter.end()
    return bytes(buffer.data().data())


def _buffer() -> QBuffer:
    buffer = QBuffer()
    buffer.setData(QByteArray())
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    return buffer


def _write(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.part")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise StorageError(
            tr("The view could not be saved ({reason}).", reason=error.strerror),
            path=path,
            remedy=tr("Choose another folder; a file that was there before is as it was."),
        ) from error
