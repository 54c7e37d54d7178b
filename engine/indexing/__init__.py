"""Folder or CSV to images: size, digest, image label, and the reason of what is unusable."""

from engine.indexing.found import FoundImage

__all__ = ["FoundImage"]
