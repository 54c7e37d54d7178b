"""What a person asks about one image, and what the resident inspection process answers.

The process is ``python -m engine.inspector PROJECT``. Questions go in as lines on its standard
input, answers come as lines on its standard output; closing its input ends it. Each question has
an ``id`` that the asker chooses and the answer repeats. A question gets exactly one answer: its
own kind, ``Refused``, or ``Cancelled`` where a newer question of the same kind came before it was
done. ``Ready`` comes once, unasked, when the process has loaded what it needs. ``Refused`` with
id 0 is about no question: the project cannot be opened (the process then ends with code 1), or a
line was none.

``run_id`` is a training run, or a proposing or learning run made from one; with a proposing run
the score maps are of its settings, else of the defaults. Boxes are float xyxy in pixels of the
image as shown (EXIF applied). Class ids are the project's; None for a class that the project does
not know. Torch-free and Qt-free: both sides use this module.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.domain.errors import InputError
from engine.domain.geometry import Box
from engine.jobs.events import Failed

#: Little-endian, whatever the machine: float32, float16, and bytes for masks of 0 and 1.
_DTYPES: dict[str, np.dtype[Any]] = {
    "f4": np.dtype("<f4"),
    "f2": np.dtype("<f2"),
    "u1": np.dtype("u1"),
}


class Array(msgspec.Struct, frozen=True):
    """An array as it travels; ``data`` is base64 on the line. See ``decode_array``."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes


class _Tagged(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Travels as ``{"type": NAME, ...fields}``."""


# What is asked -------------------------------------------------------------------------------


class InspectImage(_Tagged, frozen=True):
    """Where does the network look, and what does its method drop? Answer: ``ImageInspected``.

    ``seed`` is that of the module's draws (the channel mask, and which spatial map is used).
    ``top``: score maps of that many most probable classes, beside the image label's.
    """

    id: int
    run_id: int
    image_id: int
    seed: int = 0
    top: int = 3


class DropMasks(_Tagged, frozen=True):
    """Apply the drop masks of the named insertion points (all if none is named), spatial and
    channel, exactly as a training step that erases would."""

    points: tuple[str, ...] = ()
    seed: int = 0


class HideBlock(_Tagged, frozen=True):
    """Fill ``box`` with the mean colour that the network was normalised to."""

    box: Box


class BlurInside(_Tagged, frozen=True):
    """Blur ``box`` until nothing in it can be told."""

    box: Box


class BlurOutside(_Tagged, frozen=True):
    """Blur everything but ``box``."""

    box: Box


Drop = DropMasks | HideBlock | BlurInside | BlurOutside


class DropQuestion(_Tagged, frozen=True):
    """What becomes of map, box and probabilities if this is dropped? Answer: ``DropShown``.

    ``class_id``: whose map; None for the image label, or the most probable class without one.
    """

    id: int
    run_id: int
    image_id: int
    how: Drop
    class_id: int | None = None


class AlternativesQuestion(_Tagged, frozen=True):
    """Which other boxes do drop masks bring? Answer: ``AlternativesFound``."""

    id: int
    run_id: int
    image_id: int
    class_id: int | None = None
    seed: int = 0


class MeasuresQuestion(_Tagged, frozen=True):
    """How misdirected is the attention on this image? Answer: ``MeasuresFound``.

    ``quick`` leaves out the measures that need further passes of the network.
    """

    id: int
    run_id: int
    image_id: int
    quick: bool = False


class CompareRuns(_Tagged, frozen=True):
    """The score maps of one class by several runs, and what their modules compute (``seed`` as
    for ``InspectImage``). Answer: ``RunsCompared``."""

    id: int
    run_ids: tuple[int, ...]
    image_id: int
    class_id: int | None = None
    seed: int = 0


Question = InspectImage | DropQuestion | AlternativesQuestion | MeasuresQuestion | CompareRuns


# What is answered ----------------------------------------------------------------------------


class ClassScore(msgspec.Struct, frozen=True):
    """A class and its probability in [0, 1]."""

    class_id: int | None
    class_name: str
    probability: float


class FoundBox(msgspec.Struct, frozen=True):
    """A box derived at the project's box settings, with its score in [0, 1]."""

    box: Box
    score: float


class ClassMap(msgspec.Struct, frozen=True):
    """The score map of a class: ``values`` (h, w), not normalised, covering the whole image.

    Give ``decode_array(values)`` to ``engine.localization.boxes.LiveBoxes`` for other thresholds.
    ``boxes``: best first, never empty.
    """

    of: ClassScore
    values: Array
    boxes: tuple[FoundBox, ...]


class PointMasks(msgspec.Struct, frozen=True):
    """What the method's module at one insertion point computes, at its own resolution (h, w).

    ``module``: ``dgdm`` or ``adl``. ``own`` is False where the network was trained without such a
    module: then these are what DGDM with its default options would compute. ``attention`` is the
    self-attention map A, ``importance`` the map I = sigmoid(A), both float32. Masks are 0 or 1:
    ``part`` (the most discriminative part) and ``background`` are 1 where erased, ``drop_mask``
    is 1 where kept. ``delta_h`` and ``delta_l`` are their thresholds on ``attention``.
    ``erasing``: whether the draw chose the drop mask, else the importance map.
    ``channel_attention`` (C,) is S, with ``channel_threshold``; ``channel_mask`` (C,) is 1 where
    kept. None is what the module does not have (ADL: background, part and channels; its
    ``drop_mask`` is the erased part's).
    """

    point: str
    module: str
    own: bool
    attention: Array
    importance: Array
    drop_mask: Array
    delta_h: float
    erasing: bool
    part: Array | None = None
    background: Array | None = None
    delta_l: float | None = None
    channel_attention: Array | None = None
    channel_mask: Array | None = None
    channel_threshold: float | None = None


class ImageInspected(_Tagged, frozen=True):
    """``width`` and ``height`` of the image in pixels; ``classes`` the most probable ones and the
    image label's, by falling probability; ``maps`` in the same order; ``points`` from the earliest
    layer to the last; ``run_title`` for people; ``seconds`` it took."""

    id: int
    run_id: int
    image_id: int
    run_title: str
    width: int
    height: int
    label: int | None
    classes: tuple[ClassScore, ...]
    maps: tuple[ClassMap, ...]
    points: tuple[PointMasks, ...]
    seconds: float


class Seen(msgspec.Struct, frozen=True):
    """The map of the class asked for, and the most probable classes with that class among them."""

    map: ClassMap
    classes: tuple[ClassScore, ...]


class DropShown(_Tagged, frozen=True):
    """Before and after; ``before`` tells the classes of ``after`` too. ``hidden`` (h, w), 1 where
    something was taken away: at the resolution of the last insertion point for drop masks, about
    that of the network's input for the others."""

    id: int
    run_id: int
    image_id: int
    before: Seen
    after: Seen
    hidden: Array
    seconds: float


class Alternative(msgspec.Struct, frozen=True):
    """Another box, and where it comes from.

    ``point``: the insertion point whose masks were applied, None for all of them at once;
    ``probability`` of the class while they were. ``overlap``: IoU with the undropped box.
    """

    box: Box
    score: float
    point: str | None
    probability: float
    overlap: float


class AlternativesFound(_Tagged, frozen=True):
    """``base`` is the undropped box; ``boxes`` differ from it and from each other, best first."""

    id: int
    run_id: int
    image_id: int
    of: ClassScore
    base: FoundBox
    boxes: tuple[Alternative, ...]
    seconds: float


class MeasuresFound(_Tagged, frozen=True):
    """Value by the name of the measure (``engine.localization.misdirection.MEASURES`` tells what
    each means); None where the image has no such value, as without boxes."""

    id: int
    run_id: int
    image_id: int
    values: dict[str, float | None]
    seconds: float


class RunView(msgspec.Struct, frozen=True):
    """One run's view of the image: ``seen``, or why there is none; ``points`` from the earliest
    layer to the last."""

    run_id: int
    title: str
    method: str
    seen: Seen | None = None
    failure: Failed | None = None
    points: tuple[PointMasks, ...] = ()


class RunsCompared(_Tagged, frozen=True):
    """``views`` in the order asked for."""

    id: int
    image_id: int
    views: tuple[RunView, ...]
    seconds: float


class Refused(_Tagged, frozen=True):
    """There is no answer: what happened, to which file, and what to do, as jobs tell it."""

    id: int
    failure: Failed


class Cancelled(_Tagged, frozen=True):
    """A newer question of the same kind took its place."""

    id: int


class Ready(_Tagged, frozen=True):
    """The process has loaded what it needs; the first question will not wait for that."""

    versions: dict[str, str]


Answer = (
    ImageInspected
    | DropShown
    | AlternativesFound
    | MeasuresFound
    | RunsCompared
    | Refused
    | Cancelled
    | Ready
)


class ArrayKind(StrEnum):
    """How an array travels."""

    FLOAT = "f4"
    HALF = "f2"
    MASK = "u1"


def encode_array(values: NDArray[Any], kind: ArrayKind = ArrayKind.FLOAT) -> Array:
    """``values`` of any shape as ``kind``; half floats beyond their range become its ends."""
    if kind is ArrayKind.HALF:
        bound = float(np.finfo(np.float16).max)
        values = np.clip(values, -bound, bound)
    packed = np.ascontiguousarray(values, _DTYPES[kind])
    return Array(kind.value, tuple(packed.shape), packed.tobytes())


def decode_array(array: Array) -> NDArray[Any]:
    """A read-only view: float32, float16 or uint8. Raises InputError if the sizes do not fit."""
    try:
        flat: NDArray[Any] = np.frombuffer(array.data, dtype=_DTYPES[array.dtype])
        return flat.reshape(array.shape)
    except (KeyError, ValueError) as error:
        raise InputError(f"Not an array: {error}.") from error


def encode(message: Question | Answer) -> bytes:
    """One line of JSON, newline included."""
    return msgspec.json.encode(message) + b"\n"


_questions: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Question)
_answers: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Answer)


def decode_question(line: bytes) -> Question:
    """The question on ``line``. Raises InputError if it is none."""
    question: Question = _decode(_questions, line)
    return question


def decode_answer(line: bytes) -> Answer:
    """The answer on ``line``. Raises InputError if it is none."""
    answer: Answer = _decode(_answers, line)
    return answer


def _decode(decoder: msgspec.json.Decoder[Any], line: bytes) -> Any:
    try:
        return decoder.decode(line)
    except msgspec.MsgspecError as error:
        raise InputError(f"Not a message of an inspection: {error}.") from error
