"""The methods, one file each; a new one is a file, a line here, and its options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.jobs.options import make_options
from engine.learning.methods.acol import Acol
from engine.learning.methods.adl import Adl
from engine.learning.methods.backprop import Backprop
from engine.learning.methods.base import Method
from engine.learning.methods.cam import Cam
from engine.learning.methods.danet import Danet
from engine.learning.methods.dgdm import Dgdm
from engine.learning.methods.dropblock import DropBlock
from engine.learning.methods.has import Has
from engine.learning.methods.spg import Spg

METHODS: dict[str, type[Method]] = {
    "dgdm": Dgdm,
    "cam": Cam,
    "adl": Adl,
    "has": Has,
    "dropblock": DropBlock,
    "acol": Acol,
    "spg": Spg,
    "danet": Danet,
    "backprop": Backprop,
}


def make_method(name: str, options: Mapping[str, Any]) -> Method:
    """The method ``name``; raises InputError for an unknown name or an option it cannot take."""
    checked = make_options(name, options)
    return METHODS[name](checked)
