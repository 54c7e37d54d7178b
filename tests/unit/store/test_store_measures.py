"""Measures are kept by run, image and name, and read back in the forms that views need."""

from __future__ import annotations

from engine.domain.records import RunKind
from engine.store import measures, runs
from tests.unit.store.conftest import Filled


def test_measures_are_kept_and_replaced(filled: Filled) -> None:
    first, second, third = filled.image_ids[:3]
    with filled.project.write() as conn:
        measures.put_measures(
            conn, filled.run_id, {first: {"entropy": 0.5, "iou": None}, second: {"entropy": 0.7}}
        )
        measures.put_measures(conn, filled.run_id, {first: {"entropy": 0.6}})
    with filled.project.read() as conn:
        assert measures.measures_of(conn, filled.run_id, [first, third]) == {
            first: {"entropy": 0.6, "iou": None},
            third: {},
        }
        assert measures.all_measures(conn, filled.run_id).keys() == {first, second}
        assert measures.measure_values(conn, filled.run_id, "entropy") == {first: 0.6, second: 0.7}
        assert measures.measure_values(conn, filled.run_id, "iou") == {}


def test_runs_do_not_share_measures(filled: Filled) -> None:
    image = filled.image_ids[0]
    with filled.project.write() as conn:
        other = runs.start_run(conn, RunKind.PROPOSE, {}, {})
        for run_id, value in ((filled.run_id, 0.1), (other, 0.9)):
            measures.put_measures(conn, run_id, {image: {"entropy": value}})
        measures.forget_measures(conn, other)
    with filled.project.read() as conn:
        assert measures.measured_runs(conn) == {filled.run_id: 1}
        assert measures.measure_values(conn, other, "entropy") == {}
