"""Learning in the window: accepting the rest with its promise, findings, the useful order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import pytest
from pytestqt.qtbot import QtBot

from app.job_runner import JobRunner
from app.learning.accept_rest import NOTHING_LEARNED, AcceptRestDialog
from app.learning.desk import LearningDesk
from app.learning.findings import NOTHING, FindingsDialog
from app.learning.knowledge import Offer, look_ahead, make_offer, plan_ids, read_knowledge
from app.learning.room import LearningRoom
from app.models.queue_order import OrderBy
from app.preferences import LEARN_EVERY, RANDOM_SHARE
from app.settings import AppSettings
from engine.domain.records import ReviewState, RunKind, RunState
from engine.jobs.requests import LearnRequest, Request
from engine.localization.guarantee import Promise
from engine.localization.quality import reliability
from engine.store import draws, images, proposals, review, runs
from engine.store.learned import JudgedDraw, put_judged_draws
from engine.store.project import Connection
from engine.store.proposals import NewProposal
from tests.gui.review_bench import OFFSCREEN, Bench, make_project, open_bench

pytestmark = OFFSCREEN
IMAGES = 160
DRAWN = 80
SURE = 60  # of the rest, those with a quality of 0.9


class Jobs:
    """Takes requests down in place of the engine."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def start(self, request: Request) -> bool:
        self.requests.append(request)
        return True


def learned(conn: Connection, image_ids: list[int]) -> None:
    """As after a learning: drawn images judged right, the rest with a quality each."""
    drawn, rest = image_ids[:DRAWN], image_ids[DRAWN:]
    draws.add_draws(conn, drawn)
    review.accept_many(conn, drawn)
    reliable = asdict(reliability([0.9, 0.8, 0.2], [True, True, False]))
    judged = {"name": "run 1", "score": 0.7, "low": 0.6, "high": 0.8, "hit_50": 0.9, "boxes": 80}
    found = {
        "accepted": DRAWN,
        "used": "box model",
        "judged": [judged],
        "quality": {"50": reliable, "70": reliable},
        "quality_from": "draws",
    }
    run = runs.start_run(conn, RunKind.LEARN, {"learn": {}, "found": found}, {})
    put_judged_draws(conn, run, [JudgedDraw(i, 0.9, 0.9, 0.9) for i in drawn])
    for place, image_id in enumerate(rest):
        old = proposals.proposals_of(conn, [image_id])[image_id][0]
        quality = 0.9 if place < SURE else 0.1
        new = NewProposal(image_id, old.class_id, old.box, quality, 0.2, quality, quality)
        proposals.replace_proposals(conn, run, [image_id], [new])
    runs.end_run(conn, run, RunState.FINISHED)


@pytest.fixture
def bench(qtbot: QtBot, tmp_path) -> Iterator[Bench]:
    with open_bench(qtbot, make_project(tmp_path, count=IMAGES)) as opened:
        opened.wait_shown("heron/000.jpg")
        yield opened


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


@pytest.fixture
def room(bench: Bench, jobs: Jobs, tmp_path) -> Iterator[LearningRoom]:
    settings = AppSettings(tmp_path / "learning.ini")
    runner = JobRunner(bench.window)
    desk = LearningDesk(bench.session, runner, jobs, settings, bench.page)  # type: ignore[arg-type]
    room = LearningRoom(desk, bench.session, bench.page, bench.registry, bench.window)
    yield room
    room.end()
    runner.shut_down()


def ids_of(bench: Bench) -> list[int]:
    with bench.project.read() as conn:
        return [image.id for image in images.list_images(conn)]


def teach(bench: Bench) -> list[int]:
    ids = ids_of(bench)
    with bench.project.write() as conn:
        learned(conn, ids)
    return ids


def find(bench: Bench, kind: type[AcceptRestDialog]) -> AcceptRestDialog:
    bench.wait(lambda: bool(bench.window.findChildren(kind)))
    return bench.window.findChildren(kind)[0]


def test_before_anything_is_learned_it_says_so(bench: Bench, room: LearningRoom):
    bench.registry.action("learn.accept_rest").trigger()
    dialog = find(bench, AcceptRestDialog)
    bench.wait(lambda: dialog.sentence.text() == NOTHING_LEARNED)
    assert not dialog.accept_button.isEnabled()
    dialog.reject()
    assert FindingsDialog(room.desk.knowledge).summary.text() == NOTHING


def test_the_rest_is_accepted_as_promised_and_in_one_step(bench: Bench, room: LearningRoom):
    ids = teach(bench)
    room.desk.read()
    bench.wait(lambda: room.desk.knowledge.has_learned)
    bench.registry.action("learn.accept_rest").trigger()
    dialog = find(bench, AcceptRestDialog)
    dialog.share.setValue(90)
    # the first promise imports scipy, aside
    bench.qtbot.waitUntil(dialog.ask_button.isEnabled, timeout=60_000)
    assert "first 62 images" in dialog.sentence.text()
    assert not dialog.accept_button.isEnabled()
    dialog.ask_button.click()
    bench.qtbot.waitUntil(dialog.accept_button.isEnabled, timeout=60_000)
    assert "90%" in dialog.sentence.text()
    offer = asked_again(bench)
    assert set(offer.image_ids) >= set(ids[DRAWN : DRAWN + SURE])
    assert f"{len(offer.image_ids)} images" in dialog.accept_button.text()
    dialog.accept_button.click()
    bench.wait(lambda: bench.session.pending == 0)
    states = {e.image_id: e.state for e in entries(bench)}
    assert {states[i] for i in offer.image_ids} == {ReviewState.ACCEPTED}
    assert bench.session.history.undo is not None
    assert "Accept the rest" in bench.session.history.undo
    bench.session.undo()
    bench.wait(lambda: bench.session.pending == 0)
    states = {e.image_id: e.state for e in entries(bench)}
    assert {states[i] for i in offer.image_ids} == {ReviewState.UNREVIEWED}


def asked_again(bench: Bench) -> Offer:
    """The offer of the one question so far, which costs nothing more; another one would."""
    with bench.project.read() as conn:
        known = read_knowledge(conn)
    (question,) = known.asked
    offer = make_offer(known, Promise(share=0.9))
    assert offer.cost == question
    assert look_ahead(known, Promise(share=0.9)).known
    other = look_ahead(known, Promise(share=0.9, iou_level=0.7))
    assert (other.checkpoint, other.number, other.known) == (question.checkpoint, 2, False)
    return offer


def entries(bench: Bench):
    with bench.project.read() as conn:
        return images.queue(conn)


def test_findings_show_what_was_compared(bench: Bench, room: LearningRoom):
    teach(bench)
    room.desk.read()
    bench.wait(lambda: room.desk.knowledge.has_learned)
    dialog = FindingsDialog(room.desk.knowledge, bench.window)
    bench.qtbot.addWidget(dialog)
    assert "box model" in dialog.summary.text()
    assert dialog.table.item(0, 0).text() == "run 1"
    assert dialog.table.item(0, 2).text() == "0.600 to 0.800"
    assert len(dialog.plots) == 2


def test_the_useful_order_is_the_plan(bench: Bench, room: LearningRoom):
    teach(bench)
    filters = bench.page.queue.filters
    with bench.qtbot.waitSignal(room.desk.planned, timeout=10_000) as planned:
        filters.order.setCurrentIndex(filters.order.findData(OrderBy.USEFUL))
    plan = planned.args[0]
    with bench.project.write() as conn:
        assert plan_ids(conn, RANDOM_SHARE.default / 100)[0] == plan
    listed = [bench.page.model.entry(row).image_id for row in range(len(plan))]
    assert listed == list(plan)
    assert not bench.page.queue.chance.isHidden()
    assert bench.page.queue.chance.text().startswith("20 %")
    filters.order.setCurrentIndex(filters.order.findData(OrderBy.NAME))
    assert bench.page.queue.chance.isHidden()


def test_it_learns_after_every_ten_decisions(bench: Bench, room: LearningRoom, jobs: Jobs):
    bench.wait(lambda: room.desk.knowledge.has_maps)
    ids = ids_of(bench)
    bench.session.accept_many(ids[: LEARN_EVERY.default - 1])
    bench.wait(lambda: bench.session.pending == 0)
    assert jobs.requests == []
    bench.session.reject(ids[LEARN_EVERY.default])
    bench.wait(lambda: bool(jobs.requests))
    (request,) = jobs.requests
    assert isinstance(request, LearnRequest)
    assert not request.update  # nothing was learned before
    room.desk.set_follows(False)
    bench.session.accept_many(ids[LEARN_EVERY.default + 1 : 3 * LEARN_EVERY.default])
    bench.wait(lambda: bench.session.pending == 0)
    assert len(jobs.requests) == 1


def test_halfway_to_the_next_learning_the_engine_gets_ready(
    bench: Bench, room: LearningRoom, jobs: Jobs
):
    runner = room.desk.runner
    bench.wait(lambda: room.desk.knowledge.has_maps)
    ids = ids_of(bench)
    half = LEARN_EVERY.default // 2
    bench.session.accept_many(ids[: half - 1])
    bench.wait(lambda: bench.session.pending == 0)
    assert runner.ready.process_id == 0
    bench.session.reject(ids[half])
    bench.wait(lambda: runner.ready.process_id > 0)
    assert jobs.requests == []
    room.desk.set_follows(False)  # then it is not needed
    assert runner.ready.process_id == 0
