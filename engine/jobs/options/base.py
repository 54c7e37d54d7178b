"""What options are, and how one is told from text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from engine.domain.errors import InputError

BlockSize = Annotated[int, Meta(ge=1, le=64)] | Literal["adaptive"]


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of all methods' options; a method without any uses it as it is."""


def convert_options(method: str, kind: type[Options], given: Mapping[str, Any]) -> Options:
    """An instance of ``kind``, the options of ``method``, with ``given`` ones replaced.

    Numbers may come as text. Raises InputError for an unknown option (listing the known ones) and
    for a value of the wrong type or out of bounds.
    """
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
