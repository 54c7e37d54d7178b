"""Hyper-parameters of the methods, by name: defaults, bounds, meaning. Torch-free.

Each method has one class here whose annotations carry the bounds and the help text, so that the
command line and the dialogs can list and check them without loading torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.jobs.options.base import BlockSize, Options, convert_options, unknown
from engine.jobs.options.dgdm import DgdmOptions
from engine.jobs.options.erasing import AcolOptions, AdlOptions, DropBlockOptions, HasOptions
from engine.jobs.options.guiding import BackpropOptions, CamOptions, DanetOptions, SpgOptions

OPTIONS: dict[str, type[Options]] = {
    "dgdm": DgdmOptions,
    "cam": CamOptions,
    "adl": AdlOptions,
    "has": HasOptions,
    "dropblock": DropBlockOptions,
    "acol": AcolOptions,
    "spg": SpgOptions,
    "danet": DanetOptions,
    "backprop": BackpropOptions,
}

__all__ = [
    "OPTIONS",
    "AcolOptions",
    "AdlOptions",
    "BackpropOptions",
    "BlockSize",
    "CamOptions",
    "DanetOptions",
    "DgdmOptions",
    "DropBlockOptions",
    "HasOptions",
    "Options",
    "SpgOptions",
    "make_options",
    "unknown",
]


def make_options(method: str, given: Mapping[str, Any]) -> Options:
    """The options of ``method`` with ``given`` ones replaced; numbers may come as text.

    Raises InputError for an unknown method or option (listing the known ones) and for a value of
    the wrong type or out of bounds.
    """
    if method not in OPTIONS:
        raise unknown("method", method, OPTIONS)
    return convert_options(method, OPTIONS[method], given)
