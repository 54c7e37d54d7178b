"""The versions that a run records, so that it can be repeated. Torch-free."""

from __future__ import annotations

import platform
from importlib.metadata import version

_PACKAGES = ("boxwright", "torch", "torchvision", "numpy", "opencv-python-headless", "pillow")


def versions() -> dict[str, str]:
    """Version by package name, with ``python`` and ``platform``."""
    found = {name: version(name) for name in _PACKAGES}
    return {**found, "python": platform.python_version(), "platform": platform.platform()}
