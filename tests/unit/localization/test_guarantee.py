"""The promise about the rest: its arithmetic, its words, and how often it is broken."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta, binom

from engine.domain.errors import InputError
from engine.localization.guarantee import Promise, fewest_reviews, find_floor, passes
from tests.benchmarks.guarantee_simulation import WORLDS, broken_share


def test_it_is_clopper_and_pearson_where_the_rest_is_large() -> None:
    promise = Promise(0.9, 0.95)
    for reviewed, right in ((28, 28), (29, 29), (45, 45), (46, 45), (61, 58), (76, 73), (103, 98)):
        bound = beta.ppf(0.05, right, reviewed - right + 1)
        assert passes(1_000_000, reviewed, right, promise) == (bound >= 0.9)


def test_without_a_miss_it_needs_the_known_number_of_reviews() -> None:
    promise = Promise(0.95, 0.95)
    assert fewest_reviews(promise, 1_000_000) == 59
    assert 0.95**59 <= 0.05 < 0.95**58
    small = fewest_reviews(promise, 200)  # of a small rest, chance alone may spoil the share
    assert small is not None
    assert small > 59


def test_a_share_that_is_not_there_needs_no_number() -> None:
    assert fewest_reviews(Promise(0.95), 1000, rate=0.9) is None
    more = fewest_reviews(Promise(0.9), 100_000, rate=0.95)
    assert more is not None
    assert binom.sf(int(0.95 * more) - 1, more, 0.9) == pytest.approx(0.05, abs=0.03)


def test_too_few_reviews_say_how_many_more() -> None:
    found = find_floor([0.9] * 20, [True] * 20, [0.5] * 100_000)
    assert found.floor is None
    assert found.needs == 39
    assert "39 more randomly chosen images" in found.sentence


def test_too_many_misses_are_hopeless() -> None:
    found = find_floor([0.9] * 200, [True, False] * 100, [0.5] * 1000)
    assert found.floor is None
    assert found.hopeless
    assert "100 of 200" in found.sentence


def test_scores_that_tell_right_from_wrong_accept_the_upper_part() -> None:
    draw = np.random.default_rng(0)
    scores = draw.random(300)
    right = scores > 0.3
    rest = draw.random(3000)
    found = find_floor(scores.tolist(), right.tolist(), rest.tolist())
    assert found.floor is not None
    assert 0.2 < found.floor < 0.4
    assert found.accepts == (rest >= found.floor).sum()
    assert f"95% of these {found.accepts} boxes" in found.sentence


def test_all_right_accepts_everything() -> None:
    found = find_floor([0.2, 0.8] * 60, [True] * 120, [0.1, 0.9] * 500)
    assert found.floor == pytest.approx(0.1)
    assert found.accepts == 1000


def test_nothing_left_and_nonsense_are_told() -> None:
    assert "nothing left" in find_floor([0.5], [True], []).sentence
    with pytest.raises(InputError, match="share"):
        find_floor([], [], [0.5], Promise(1.5))
    with pytest.raises(InputError):
        find_floor([float("nan")], [True], [0.5])


@pytest.mark.parametrize("world", WORLDS)
def test_the_promise_is_rarely_broken(world: str) -> None:
    # at a true rate of 5 %, more than 10 % of 150 repetitions would be a 1 in 200 accident
    assert broken_share(world, repetitions=150, seed=1).broken <= 0.10
