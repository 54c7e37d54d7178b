"""Questions and answers survive the line; what is none is refused."""

from __future__ import annotations

import numpy as np
import pytest

from engine.domain.errors import InputError
from engine.domain.geometry import Box
from engine.jobs import inspection as talk
from engine.jobs.events import Failed


def some_map() -> talk.ClassMap:
    values = np.linspace(-3, 9, 12, dtype=np.float32).reshape(3, 4)
    found = talk.FoundBox(Box(1.5, 2.0, 30.25, 40.0), 0.75)
    return talk.ClassMap(talk.ClassScore(7, "gull", 0.6), talk.encode_array(values), (found,))


@pytest.mark.parametrize(
    "question",
    [
        talk.InspectImage(id=1, run_id=2, image_id=3, seed=4),
        talk.DropQuestion(id=1, run_id=2, image_id=3, how=talk.DropMasks(points=("a", "b"))),
        talk.DropQuestion(id=1, run_id=2, image_id=3, how=talk.HideBlock(box=Box(0, 1, 2, 3))),
        talk.DropQuestion(id=1, run_id=2, image_id=3, how=talk.BlurOutside(box=Box(0, 1, 2, 3))),
        talk.AlternativesQuestion(id=1, run_id=2, image_id=3, class_id=9),
        talk.MeasuresQuestion(id=1, run_id=2, image_id=3),
        talk.CompareRuns(id=1, run_ids=(2, 5), image_id=3),
    ],
)
def test_questions_arrive_as_they_were_asked(question: talk.Question) -> None:
    line = talk.encode(question)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert talk.decode_question(line) == question


@pytest.mark.parametrize(
    "answer",
    [
        talk.Ready(versions={"torch": "2"}),
        talk.Cancelled(id=4),
        talk.Refused(id=4, failure=Failed("input", "Gone.", path="a.jpg", remedy="Index again.")),
        talk.DropShown(
            id=1,
            run_id=2,
            image_id=3,
            before=talk.Seen(some_map(), (talk.ClassScore(None, "new\nline", 0.1),)),
            after=talk.Seen(some_map(), ()),
            hidden=talk.encode_array(np.eye(3), talk.ArrayKind.MASK),
            seconds=0.1,
        ),
        talk.MeasuresFound(
            id=1, run_id=2, image_id=3, values={"entropy": 0.5, "pointing": None}, seconds=0.0
        ),
    ],
)
def test_answers_arrive_as_they_were_given(answer: talk.Answer) -> None:
    assert talk.decode_answer(talk.encode(answer)) == answer


@pytest.mark.parametrize("line", [b"", b"{}", b'{"type": "Destroy", "id": 1}', b"\xff", b"[1]"])
def test_what_is_no_message_is_refused(line: bytes) -> None:
    with pytest.raises(InputError, match="Not a message"):
        talk.decode_question(line)


def test_arrays_keep_values_and_shape() -> None:
    values = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32)
    assert np.array_equal(talk.decode_array(talk.encode_array(values)), values)
    mask = values > 0
    back = talk.decode_array(talk.encode_array(mask, talk.ArrayKind.MASK))
    assert back.dtype == np.uint8
    assert np.array_equal(back, mask)


def test_half_floats_are_bounded_not_infinite() -> None:
    huge = talk.encode_array(np.array([1e9, -1e9, 1.0]), talk.ArrayKind.HALF)
    assert talk.decode_array(huge).tolist() == [65504.0, -65504.0, 1.0]


def test_an_array_of_the_wrong_size_is_refused() -> None:
    with pytest.raises(InputError, match="Not an array"):
        talk.decode_array(talk.Array("f4", (2, 2), b"\0" * 12))
