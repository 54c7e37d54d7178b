from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.errors import InputError
from engine.exchange.splits import assign_splits

RATIOS = st.tuples(*[st.floats(0, 100)] * 3).filter(lambda r: sum(r) > 0.1)
STRATA = st.dictionaries(st.text(min_size=1), st.sampled_from(["a", "b", None]), max_size=60)


@given(STRATA, RATIOS, st.integers(0, 9), st.booleans())
def test_every_image_is_in_one_split_that_has_a_share(
    strata: dict[str, str | None], ratios: tuple[float, ...], seed: int, stratified: bool
) -> None:
    found = assign_splits(strata, ratios, seed, stratified)
    assert found.keys() == strata.keys()
    shares = dict(zip(("train", "val", "test"), ratios, strict=True))
    assert all(shares[split] > 0 for split in found.values())


@given(STRATA, RATIOS, st.integers(0, 9), st.booleans())
def test_the_order_of_the_images_does_not_matter(
    strata: dict[str, str | None], ratios: tuple[float, ...], seed: int, stratified: bool
) -> None:
    turned = dict(reversed(strata.items()))
    assert assign_splits(strata, ratios, seed, stratified) == assign_splits(
        turned, ratios, seed, stratified
    )


def test_each_class_is_shared_out_by_ratio() -> None:
    strata = {f"{name}/{i}": name for name, count in (("a", 100), ("b", 20)) for i in range(count)}
    found = assign_splits(strata, (70, 15, 15))
    for name, expected in (("a", (70, 15, 15)), ("b", (14, 3, 3))):
        counts = Counter(split for path, split in found.items() if strata[path] == name)
        assert (counts["train"], counts["val"], counts["test"]) == expected


def test_many_small_classes_meet_the_ratio_over_all() -> None:
    strata = {f"{c}/{i}": str(c) for c in range(100) for i in range(5)}
    counts = Counter(assign_splits(strata, (0.7, 0.15, 0.15)).values())
    assert counts["train"] == pytest.approx(350, abs=2)
    assert counts["val"] == pytest.approx(75, abs=2)


def test_a_class_with_one_image_is_trained_on() -> None:
    strata = {f"{c}.jpg": str(c) for c in range(30)}
    assert set(assign_splits(strata, (1, 5, 5)).values()) == {"train"}


def test_another_seed_another_choice_of_the_same_size() -> None:
    strata: dict[str, str | None] = {f"{i}.jpg": None for i in range(50)}
    one, two = assign_splits(strata, (8, 1, 1), 0), assign_splits(strata, (8, 1, 1), 1)
    assert one != two
    assert Counter(one.values()) == Counter(two.values()) == {"train": 40, "val": 5, "test": 5}


@pytest.mark.parametrize(
    "ratios", [(0, 0, 0), (1, 1), (1, -1, 1), (math.nan, 1, 1), (math.inf, 1, 1)]
)
def test_ratios_that_share_nothing_out(ratios: tuple[float, ...]) -> None:
    with pytest.raises(InputError, match="share"):
        assign_splits({"a": None}, ratios)
