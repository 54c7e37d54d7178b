"""Requests and events as lines of JSON: ``{"type": NAME, ...fields}``, one per line, UTF-8."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any, get_args

import msgspec

from engine.domain.errors import InputError
from engine.jobs.events import Event
from engine.jobs.requests import Request

_EVENTS = {cls.__name__: cls for cls in get_args(Event)}
_REQUESTS = {cls.__name__: cls for cls in get_args(Request)}


def encode(message: Request | Event) -> bytes:
    """One line, newline included."""
    if not is_dataclass(message):
        raise TypeError(f"not a request or event: {message!r}")
    body = {f.name: getattr(message, f.name) for f in fields(message)}
    return msgspec.json.encode({"type": type(message).__name__, **body}) + b"\n"


def decode_event(line: bytes) -> Event:
    """The event on ``line``. Raises InputError if it is none."""
    event: Event = _decode(line, _EVENTS)
    return event


def decode_request(line: bytes) -> Request:
    """The request on ``line``. Raises InputError if it is none."""
    request: Request = _decode(line, _REQUESTS)
    return request


def _decode(line: bytes, known: dict[str, type]) -> Any:
    try:
        body = msgspec.json.decode(line, type=dict[str, Any])
        return msgspec.convert(body, known[str(body.pop("type"))])
    except KeyError as error:
        raise InputError(f"Unknown or missing message type {error}.") from error
    except msgspec.MsgspecError as error:
        raise InputError(f"Not a message: {error}.") from error
