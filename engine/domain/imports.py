"""What an import is asked: what boxes become, how images are found, what stays."""

from __future__ import annotations

from enum import StrEnum


class ImportAs(StrEnum):
    """What imported boxes become."""

    TRUTH = "truth"  # true boxes to evaluate with
    ANNOTATIONS = "annotations"  # a person's boxes, to go on from
    PROPOSALS = "proposals"  # a machine's boxes, to review


class Existing(StrEnum):
    """What becomes of boxes of the same sort that an image has already."""

    KEEP = "keep"  # the image stays as it is
    REPLACE = "replace"
    ADD = "add"


class MatchBy(StrEnum):
    """How the images of a file are found in the project."""

    AUTO = "auto"  # by path, else by name, else by content
    PATH = "path"
    NAME = "name"  # the file name alone
    HASH = "hash"  # the content of the image file beside the boxes
