"""The queue by value: the doubtful first, chance's share in between and remembered."""

from __future__ import annotations

from itertools import pairwise

import pytest

from engine.domain.errors import InputError
from engine.domain.geometry import Box
from engine.domain.records import RunKind
from engine.store import proposals, runs
from engine.store.act_times import median_seconds
from engine.store.draws import draw_more, list_draws, waiting_draws
from engine.store.project import Project
from engine.store.review import ShownBox, accept, reject
from engine.store.value_queue import Turn, mixed, plan_queue
from tests.unit.store.conftest import fill


def _with_quality(project: Project, ids: list[int], class_id: int) -> None:
    """The higher the place, the surer."""
    with project.write() as conn:
        run_id = runs.start_run(conn, RunKind.LEARN, {}, {})
        new = [
            proposals.NewProposal(image_id, class_id, Box(0, 0, 9, 9), 0.5, 0.5, place / 100, 0.1)
            for place, image_id in enumerate(ids)
        ]
        proposals.replace_proposals(conn, run_id, ids, new)


def test_the_doubtful_come_first_and_chance_has_its_share(project: Project) -> None:
    filled = fill(project, 40)
    _with_quality(project, filled.image_ids, filled.class_ids[0])
    with project.write() as conn:
        plan = plan_queue(conn, 20, share=0.2, seed=3)
        drawn = list_draws(conn)
    assert plan.share == 0.2
    assert len(plan.turns) == len({turn.image_id for turn in plan.turns}) == 20
    chance = [place for place, turn in enumerate(plan.turns) if turn.drawn]
    assert len(chance) == 4
    assert {plan.turns[place].image_id for place in chance} == set(drawn)
    assert max(b - a for a, b in pairwise(chance)) <= 6
    values = [turn.value for turn in plan.turns if not turn.drawn]
    assert values == sorted(values, reverse=True)


def test_drawn_images_come_again_until_they_are_decided(project: Project) -> None:
    filled = fill(project, 20)
    with project.write() as conn:
        first = [turn.image_id for turn in plan_queue(conn, 10).turns if turn.drawn]
    with project.write() as conn:
        again = [turn.image_id for turn in plan_queue(conn, 10).turns if turn.drawn]
    assert again == first
    with project.write() as conn:
        reject(conn, first[0])
        third = [turn.image_id for turn in plan_queue(conn, 10).turns if turn.drawn]
        assert waiting_draws(conn) == third
    assert third[0] == first[1]
    assert len(third) == 2
    assert set(filled.image_ids) > set(third)


def test_before_anything_is_learned_classes_take_turns(project: Project) -> None:
    filled = fill(project, 12)
    with project.write() as conn:
        box = [ShownBox(filled.class_ids[0], Box(1, 1, 5, 5))]
        for image_id in filled.image_ids[0:6:2]:  # three of the first class
            accept(conn, image_id, box)
        turns = plan_queue(conn, 6, share=0).turns
    labels = [filled.image_ids.index(turn.image_id) % 2 for turn in turns]
    assert labels[:3] == [1, 1, 1]
    assert [turn.value for turn in turns] == [None] * 6


def test_everything_is_planned_once_and_nothing_decided(project: Project) -> None:
    filled = fill(project, 9)
    with project.write() as conn:
        reject(conn, filled.image_ids[0])
        plan = plan_queue(conn)
    assert sorted(turn.image_id for turn in plan.turns) == filled.image_ids[1:]


def test_chance_alone_and_no_chance(project: Project) -> None:
    fill(project, 9)
    with project.write() as conn:
        assert not any(turn.drawn for turn in plan_queue(conn, share=0).turns)
        assert list_draws(conn) == {}
        assert all(turn.drawn for turn in plan_queue(conn, share=1).turns)
        assert draw_more(conn, 5, seed=0) == []
        with pytest.raises(InputError):
            plan_queue(conn, share=1.2)


def test_mixing_never_loses_an_image() -> None:
    chosen = [Turn(number, False, 1.0) for number in range(3)]
    for count in range(8):
        found = mixed(iter(chosen), [10, 11, 12, 13], count)
        assert len(found) == min(count, 7)
        assert len({turn.image_id for turn in found}) == len(found)


def test_times_are_medians_by_the_name_of_the_act(project: Project) -> None:
    filled = fill(project, 5)
    box = [ShownBox(filled.class_ids[0], Box(1, 1, 5, 5))]
    with project.write() as conn:
        for image_id, seconds in zip(filled.image_ids, (1.0, 2.0, 9.0), strict=False):
            accept(conn, image_id, box, seconds)
        accept(conn, filled.image_ids[3], box)
        assert median_seconds(conn) == {"Accept": 2.0}
