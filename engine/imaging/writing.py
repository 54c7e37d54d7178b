"""Writing pictures and small files: a temporary file beside the target, then one atomic rename."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.domain.errors import StorageError


def write_png(path: Path, rgb: NDArray[np.uint8]) -> None:
    """Write (height, width, 3) RGB or (height, width) grey; the old file stays on StorageError."""
    write_bytes(path, _encode(rgb, "PNG", {}))


def write_jpeg(path: Path, rgb: NDArray[np.uint8], quality: int = 90, durable: bool = True) -> None:
    """Like ``write_png``, as baseline JPEG; ``quality`` 1 to 95, ``durable`` as in write_bytes."""
    write_bytes(path, _encode(rgb, "JPEG", {"quality": quality}), durable)


def write_bytes(path: Path, content: bytes, durable: bool = True) -> None:
    """Make ``path`` hold ``content``, whole or not at all. Raises StorageError.

    ``durable`` waits until the disk has it; without, a power cut may lose the newest files, which
    is fine for what can be made again.
    """
    temporary: Path | None = None
    try:
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=".writing-", suffix=".tmp", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        raise StorageError(
            f"The file cannot be written ({error.strerror or error}).",
            path=path,
            remedy="Check the free space and the permissions of its folder; nothing was changed.",
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _encode(rgb: NDArray[np.uint8], format_name: str, options: dict[str, int]) -> bytes:
    if rgb.dtype != np.uint8 or not (rgb.ndim == 2 or (rgb.ndim == 3 and rgb.shape[2] == 3)):
        raise ValueError(f"not an 8-bit picture: {rgb.dtype} {rgb.shape}")
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(rgb)).save(buffer, format_name, **options)
    return buffer.getvalue()


def _umask() -> int:
    """This process's mask; read without changing it where the system tells."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return int(status.split("Umask:")[1].split()[0], 8)
    except (OSError, IndexError, ValueError):
        return 0o022
