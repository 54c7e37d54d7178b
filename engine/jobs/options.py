"""Hyper-parameters of the methods, by name: defaults, bounds, meaning. Torch-free.

Each method has one class here whose annotations carry the bounds and the help text, so that the
command line and the dialogs can list and check them without loading torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from engine.domain.errors import InputError

BlockSize = Annotated[int, Meta(ge=1, le=64)] | Literal["adaptive"]


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of all methods' options; a method without any uses it as it is."""


class CamOptions(Options, frozen=True):
    """Plain CAM has nothing to choose."""


class DgdmOptions(Options, frozen=True):
    """Options of DGDM; defaults are the paper's where it gives them (sections 3.2, 3.3, 4.1)."""

    gamma_h: Annotated[
        float,
        Meta(gt=0, le=1, description="Most discriminative part: attention >= gamma_h * maximum."),
    ] = 0.9
    gamma_l: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="Background: attention < minimum + gamma_l * (maximum - minimum).",
        ),
    ] = 0.1
    background: Annotated[bool, Meta(description="Erase the background too.")] = True
    background_cap: Annotated[
        float,
        Meta(ge=0, le=1, description="At most this fraction of positions seeds background."),
    ] = 0.2
    block_h: Annotated[
        BlockSize,
        Meta(description="Block grown around each seed of the part; 'adaptive' is height / 7."),
    ] = 2
    block_l: Annotated[
        BlockSize, Meta(description="Block grown around each background seed, or 'adaptive'.")
    ] = 3
    drop_rate: Annotated[
        float,
        Meta(ge=0, le=1, description="How often the drop mask is used, else the importance map."),
    ] = 0.75
    channel_dropout: Annotated[bool, Meta(description="Drop weak channels too (CAGD).")] = True
    channel_rule: Annotated[
        Literal["threshold", "top_k"],
        Meta(description="Weak: below beta * minimum, or not among the keep_top_k strongest."),
    ] = "threshold"
    alpha: Annotated[
        float, Meta(ge=0, le=1, description="Probability that a weak channel is dropped.")
    ] = 0.5
    beta: Annotated[
        float,
        Meta(ge=1, description="Channel threshold as a multiple of the weakest live channel."),
    ] = 3.0
    keep_top_k: Annotated[
        float, Meta(gt=0, le=1, description="Fraction of channels kept by the rule top_k.")
    ] = 0.5
    literal_eq4: Annotated[
        bool, Meta(description="Keep what the text erases, as Eq. (4) is printed; for study.")
    ] = False


OPTIONS: dict[str, type[Options]] = {"dgdm": DgdmOptions, "cam": CamOptions}


def make_options(method: str, given: Mapping[str, Any]) -> Options:
    """The options of ``method`` with ``given`` ones replaced; numbers may come as text.

    Raises InputError for an unknown method or option (listing the known ones) and for a value of
    the wrong type or out of bounds.
    """
    if method not in OPTIONS:
        raise unknown("method", method, OPTIONS)
    kind = OPTIONS[method]
    for name in given:
        if name not in kind.__struct_fields__:
            raise unknown(f"option of {method}", name, kind.__struct_fields__)
    return kind(**{name: _convert(method, kind, name, value) for name, value in given.items()})


def _convert(method: str, kind: type[Options], name: str, value: Any) -> Any:
    try:
        return getattr(msgspec.convert({name: value}, kind, strict=False), name)
    except msgspec.ValidationError as error:
        reason = str(error).split(" - at ")[0]
        raise InputError(
            f"The option {name} of {method} cannot be {value!r}: {reason}.",
            remedy=f"The default is {getattr(kind(), name)!r}.",
        ) from error


def unknown(what: str, name: str, known: Any) -> InputError:
    """The error for a name that is not there, listing those that are."""
    listed = ", ".join(sorted(known)) or "none"
    return InputError(f"There is no {what} named {name!r}.", remedy=f"Known: {listed}.")
