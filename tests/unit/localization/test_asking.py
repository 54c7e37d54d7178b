"""Asking again about the rest: the risk is divided, the same question costs nothing."""

from __future__ import annotations

import numpy as np
import pytest

from engine.domain.errors import InputError
from engine.localization.asking import Asked, answer, checkpoints, look, risk_share
from engine.localization.guarantee import Promise
from tests.benchmarks.guarantee_simulation import PATIENCE, asking_broken

REST = [0.5] * 4000


def _reviews(count: int) -> tuple[list[float], list[bool]]:
    return [0.9] * count, [True] * count


def test_all_questions_together_take_no_more_than_the_whole_risk() -> None:
    shares = [risk_share(c, n) for c in range(1, 3000) for n in range(1, 40)]
    assert 0.999 < sum(shares) <= 1
    assert min(shares) > 0


def test_checkpoints_depend_on_the_promise_alone() -> None:
    first, second, *_ = checkpoints(Promise())
    assert 0.95**first <= 0.05 * risk_share(1, 1) < 0.95 ** (first - 12)
    assert second == -(-first * 3 // 2)
    assert checkpoints(Promise(0.9))[0] < first


def test_before_the_first_checkpoint_it_says_how_many_are_missing_and_costs_nothing() -> None:
    first = checkpoints(Promise())[0]
    found, cost = answer(*_reviews(first - 5), REST, Promise())
    assert found.floor is None
    assert found.needs == 5
    assert "5 more randomly chosen images" in found.sentence
    assert cost is None


def test_a_question_is_judged_by_the_first_images_of_its_checkpoint() -> None:
    first = checkpoints(Promise())[0]
    scores, right = _reviews(first + 20)
    spoilt = [*right[:first], *[False] * 20]  # what chance chose later plays no part yet
    found, cost = answer(scores, spoilt, REST, Promise())
    assert found.accepts == len(REST)
    assert cost is not None
    assert (cost.reviewed, cost.number, cost.known) == (first, 1, False)
    assert "however often" in found.sentence


def test_the_same_question_is_free_and_another_is_stricter() -> None:
    scores, right = _reviews(checkpoints(Promise())[0])
    _, cost = answer(scores, right, REST, Promise())
    assert cost is not None
    asked = [cost.asked]
    again = look(scores, right, REST, Promise(), asked)
    assert (again.known, again.confidence) == (True, cost.confidence)
    for other in (
        look(scores, right, REST[:-1], Promise(), asked),
        look([0.8, *scores[1:]], right, REST, Promise(), asked),
    ):
        assert (other.known, other.number) == (False, 2)
        assert other.confidence > cost.confidence
    stricter, free = answer(scores, right, REST[:-1], Promise(), asked)
    assert stricter.floor is None  # so few could not pass any more, whatever they were
    assert stricter.needs > 0
    assert free is None


def test_questions_at_another_checkpoint_do_not_count_here() -> None:
    scores, right = _reviews(checkpoints(Promise())[1])
    asked = [Asked(1, "a"), Asked(1, "b")]
    assert look(scores, right, REST, Promise(), asked).number == 1


def test_nonsense_is_told() -> None:
    with pytest.raises(InputError, match="share"):
        answer([], [], REST, Promise(1.5))
    assert "nothing left" in answer(*_reviews(200), [], Promise())[0].sentence
    hopeless, cost = answer([0.9] * 70, [True, False] * 35, REST, Promise())
    assert (hopeless.hopeless, cost) == (True, None)


@pytest.mark.parametrize("name", PATIENCE)
def test_who_asks_again_and_again_is_still_promised_the_truth(name: str) -> None:
    # at a true rate of 5 %, more than 6 of 40 would be a 1 in 300 accident
    assert asking_broken(name, 40, seed=3, divided=True).broken <= 6 / 40


def test_without_dividing_the_risk_asking_again_breaks_the_promise() -> None:
    """What it is for: if this stops failing, the simulation shows nothing."""
    name = "small project, just below"
    plain = [asking_broken(name, 60, seed, divided=False).broken for seed in (0, 1)]
    assert np.mean(plain) > 0.05
