"""CAM, the plain classifier (Zhou et al. 2016): the peer that every method is held against."""

from __future__ import annotations

from engine.learning.methods.base import Method


class Cam(Method):
    """Adds nothing to the network; classifier weights times features are the score map."""
