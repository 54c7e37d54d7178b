"""Opening image files as untrusted input: known formats, bounded memory, clear errors."""

from __future__ import annotations

import errno
import stat
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import cache
from importlib import import_module
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from engine.domain.errors import InputError, UnusableImageError

#: Most pixels that are ever decoded at once (about 640 MB as RGB). JPEG files may be larger, since
#: they are decoded at a half, a quarter or an eighth; a progressive JPEG may not, since its
#: coefficients are held whole whatever the scale.
MAX_PIXELS = 160_000_000

#: Largest baseline JPEG, for the time its decoding takes.
MAX_JPEG_PIXELS = 1_000_000_000

#: Decodings above this take turns, so that a pool of threads holds one large picture, not many.
LARGE_PIXELS = 24_000_000

#: What Pillow may try. Left out on purpose: formats that start other programs, such as EPS.
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "PPM", "JPEG2000", "AVIF", "TGA")

#: Pillow's modules for those of FORMATS that it does not load by itself.
_READERS = ("WebP", "Tiff", "Jpeg2K", "Avif", "Tga", "Mpo")

# Pillow's readers raise all of these on damaged files, depending on the format and the byte.
DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    AttributeError,
    RuntimeError,
    AssertionError,
    struct.error,
    zlib.error,
)

# Sizes are checked here before decoding, by format; Pillow's own check knows one limit for all and
# warns, and catching warnings is not safe with threads.
Image.MAX_IMAGE_PIXELS = None

_large_turn = threading.Lock()


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """The image file, header read, pixels not yet decoded. Raises InputError naming the file.

    Errors of decoding inside the ``with`` block are turned into InputError too. It is an
    UnusableImageError where the content of the file is to blame.
    """
    # Added at each opening: cheap, already there but for the first time, and lasting through
    # whatever else changes the filters. Pillow warns about oddities of metadata that harm nothing.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    try:
        _check_file(path)
        with Image.open(path, formats=_available_formats()) as image:
            yield image
    except UnidentifiedImageError as error:
        raise _not_an_image(path) from error
    except MemoryError as error:
        raise InputError(
            "Not enough memory to decode the image.", path=path, remedy="Save it smaller."
        ) from error
    except DAMAGE as error:
        raise _unusable(path, error) from error


def _check_file(path: Path) -> None:
    """Raise InputError for what must not even be opened, such as a pipe, which would wait."""
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise InputError("This is a folder, not an image.", path=path)
    if not stat.S_ISREG(status.st_mode):
        raise InputError("This is a device or pipe, not an image file.", path=path)
    if status.st_size == 0:
        raise UnusableImageError("The file is empty.", path=path, remedy="Replace or delete it.")


@cache
def _available_formats() -> tuple[str, ...]:
    """Those of FORMATS that this build of Pillow reads; asking it for another is an error.

    Only their readers are loaded: ``Image.init`` would load some forty others as well, which takes
    a tenth of a second before the first picture.
    """
    Image.preinit()
    for name in _READERS:
        with suppress(ImportError):  # AVIF came with Pillow 11.3
            import_module(f"PIL.{name}ImagePlugin")
    return tuple(name for name in FORMATS if name in Image.OPEN)


def check_size(image: Image.Image, path: Path, stored: tuple[int, int]) -> None:
    """Raise InputError if decoding ``image`` at its present size would take too much memory.

    ``stored`` is (width, height) in the file, before a reduced scale was chosen.
    """
    width, height = stored
    pixels, limit = image.size[0] * image.size[1], MAX_PIXELS
    if image.format in ("JPEG", "MPO"):
        if image.info.get("progressive"):
            pixels = width * height
        elif width * height > MAX_JPEG_PIXELS:
            pixels, limit = width * height, MAX_JPEG_PIXELS
    if pixels > limit:
        raise UnusableImageError(
            f"The image of {width:,} x {height:,} pixels is too large to decode: "
            f"{pixels / 1e6:,.0f} megapixels, the limit is {limit / 1e6:,.0f}.",
            path=path,
            remedy="Save it smaller, or as a baseline JPEG, which is decoded at reduced size.",
        )


def turn_for(pixels: int) -> threading.Lock | nullcontext[None]:
    """What to hold while decoding ``pixels``: nothing, or the turn of the large pictures."""
    return _large_turn if pixels > LARGE_PIXELS else nullcontext()


def _not_an_image(path: Path) -> InputError:
    return UnusableImageError(
        "The file is not an image of a known format, whatever its name says.",
        path=path,
        remedy=f"Known formats: {', '.join(_available_formats())}.",
    )


def _unusable(path: Path, error: Exception) -> InputError:
    if isinstance(error, FileNotFoundError):
        return InputError("The file is not there (any more).", path=path)
    if isinstance(error, PermissionError):
        return InputError(
            "The file may not be read.", path=path, remedy="Give yourself permission to read it."
        )
    if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        return InputError("The file name is too long for this system.", path=path)
    if isinstance(error, OSError) and error.errno is not None:
        return InputError(f"The file cannot be read ({error.strerror or error}).", path=path)
    reason = str(error) or type(error).__name__
    return UnusableImageError(
        f"The image is damaged or cut short ({reason}).",
        path=path,
        remedy="Copy it again from its source.",
    )
