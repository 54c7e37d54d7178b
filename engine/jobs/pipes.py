"""The pipes of a child process."""

from __future__ import annotations

import os
from typing import BinaryIO


def claim_standard_output() -> BinaryIO:
    """The pipe for messages; stray prints of libraries go to standard error from now on."""
    messages = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    return messages
