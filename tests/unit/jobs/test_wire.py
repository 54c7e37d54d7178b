"""Requests and events survive the trip as lines of JSON; anything else is refused."""

from __future__ import annotations

import pytest

from engine.domain.errors import InputError
from engine.domain.settings import BoxSettings, Normalisation, TrainSettings
from engine.jobs import events, requests, wire

REQUESTS = [
    requests.IndexRequest("p", "images", "labels.csv"),
    requests.TrainRequest("p", TrainSettings(options={"beta": 2.5, "block_h": "adaptive"})),
    requests.ProposeRequest("p", run=3, boxes=BoxSettings(Normalisation.MAX, threshold=0.5)),
    requests.ExportRequest("p", "coco", "naïve ☃ folder", include_unreviewed=True),
    requests.SampleRequest("p", seed=7),
]
EVENTS = [
    events.Started("TrainRequest", "Train"),
    events.Progress(3, 10, "images", "Reading"),
    events.Metric(1.5, {"loss": 0.25}),
    events.Artifact("proposals", [1, 2]),
    events.Warned("a\nb"),
    events.Finished({"out": "x", "n": 1, "nested": {"a": [1.5, None]}}),
    events.Failed("input", "No.", "file", "line 3", "Mend it."),
    events.Cancelled(),
]


@pytest.mark.parametrize("request_", REQUESTS)
def test_requests_come_back_the_same(request_: requests.Request) -> None:
    line = wire.encode(request_)
    assert line.count(b"\n") == 1
    assert wire.decode_request(line) == request_


@pytest.mark.parametrize("event", EVENTS)
def test_events_come_back_the_same(event: events.Event) -> None:
    line = wire.encode(event)
    assert line.count(b"\n") == 1
    assert wire.decode_event(line) == event


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"no json",
        b"[]",
        b"{}",
        b'{"type": "Progress"}',
        b'{"type": "Progress", "done": "three", "total": 1}',
        b'{"type": "SampleRequest", "project": "p"}',
        b'{"type": ["Progress"]}',
        b"\xff\xfe",
    ],
)
def test_what_is_no_event_is_refused(line: bytes) -> None:
    with pytest.raises(InputError):
        wire.decode_event(line)
