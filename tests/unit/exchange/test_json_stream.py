"""Long JSON files item by item: the same as the whole file at once, however it is cut."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.domain.errors import InputError
from engine.exchange import json_stream
from engine.exchange.json_stream import read_lists

PATH = Path("a.json")
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
members = st.dictionaries(st.text(max_size=4), plain | st.lists(plain, max_size=12), max_size=4)


def read_all(text: str) -> list[tuple[str, int, Any]]:
    return list(read_lists(io.BytesIO(text.encode("utf-8", "surrogatepass")), PATH))


def expected(value: dict[str, Any]) -> list[tuple[str, int, Any]]:
    found: list[tuple[str, int, Any]] = []
    for key, member in value.items():
        if isinstance(member, list):
            found += [(key, position, item) for position, item in enumerate(member)]
        else:
            found.append((key, -1, member))
    return found


@example({"a": 100.0, "b": [1e-9, -25e300]}, None, 1, 1)
@given(members, st.sampled_from([None, 1]), st.sampled_from([16, 50, 1 << 20]), st.integers(1, 60))
@settings(max_examples=300, deadline=None)
def test_the_same_as_the_whole_at_once(
    value: dict[str, Any], indent: int | None, chunk: int, few: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "CHUNK", chunk)
        patch.setattr(json_stream, "_FEW", few)
        assert read_all(json.dumps(value, indent=indent)) == expected(value)


def test_what_one_decoder_refuses_comes_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """NaN and endless numbers are for the reader to refuse, with their place."""
    monkeypatch.setattr(json_stream, "_FEW", 10)
    rows = [{"a": number, "b": {"c": "},{"}} for number in range(300)]
    rows[150]["a"] = float("nan")  # type: ignore[assignment]
    rows[151]["a"] = float("inf")  # type: ignore[assignment]
    found = read_all(json.dumps({"rows": rows, "next": [{"a": 1}] * 5}))
    assert [position for _, position, _ in found] == [*range(300), *range(5)]
    assert repr([item for _, _, item in found[:300]]) == repr(rows)


@pytest.mark.parametrize("space", ["", " ", "\n" * 300])
def test_objects_with_any_space_between(space: str) -> None:
    objects = f",{space}".join('{"a": {"b": [1, {"c": 2}]}}' for _ in range(40))
    assert len(read_all(f'{{"rows": [{objects}]}}')) == 40
    assert len(read_all(f"[{objects}]")) == 40


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"rows": [{"a": 1}, {"a": 2} {"a": 3}]}', "after 29 characters"),
        ('{"rows": [{"a": 1}, {"a": 2}, {"a": }]}', "after 30 characters"),
        ('{"rows": [{"a": 1}, {"a": 2}', "after 28 characters"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, place: str) -> None:
    with pytest.raises(InputError) as caught:
        read_all(text)
    assert caught.value.place == place
