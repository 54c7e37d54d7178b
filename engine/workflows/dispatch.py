"""From a request to the workflow that serves it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from engine.jobs.reporter import Reporter
from engine.jobs.requests import Request

# Named, not imported: an export should not wait for torch.
_WORKFLOWS = {
    "IndexRequest": "engine.workflows.index",
    "TrainRequest": "engine.workflows.train",
    "ProposeRequest": "engine.workflows.propose",
    "ExportRequest": "engine.workflows.export",
    "ImportRequest": "engine.workflows.import_boxes",
    "LearnRequest": "engine.workflows.learn",
    "SampleRequest": "engine.workflows.sample",
    "MeasureRequest": "engine.workflows.measure",
    "ReportRequest": "engine.workflows.report",
    "QuickStartRequest": "engine.workflows.quick_start",
}


def run(request: Request, reporter: Reporter) -> dict[str, Any]:
    """Serve ``request`` and return plain JSON values; raises what the workflow raises."""
    workflow = import_module(_WORKFLOWS[type(request).__name__])
    result: dict[str, Any] = workflow.run(request, reporter)
    return result


def get_ready(kind: str) -> None:
    """Import now what a request of ``kind`` will need."""
    workflow = import_module(_WORKFLOWS[kind])
    ready = getattr(workflow, "get_ready", None)
    if ready is not None:
        ready()
