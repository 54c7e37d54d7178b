"""One of several ranks: trains as a group and, the leader, alone too; tells how far they differ.

Arguments: a folder, and ``train`` or ``fail``. Its standard output is one JSON document.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import torch

from engine.domain.errors import TrainingError
from engine.domain.settings import TrainSettings
from engine.jobs.ranks import this_rank
from engine.jobs.reporter import silent_reporter
from engine.learning.checkpoints import read_tensors
from engine.learning.parallel import Group, joined
from engine.learning.training import TrainingSet, train

METHODS = {
    "cam": {},
    "dgdm": {},
    "has": {"patch": "mixed"},
    "dropblock": {"drop_rate": 0.3, "block_size": 2, "scheduled": False},
    "spg": {"hidden": 8},
}


def settings_of(method: str) -> TrainSettings:
    return TrainSettings(
        method=method,
        options=METHODS[method],
        backbone="compact",
        weights="none",
        epochs=2,
        batch_size=5,
        image_size=32,
        resize_size=36,
        learning_rate=0.01,
        head_rate_factor=1.0,
        device="cpu",
        precision="float32",
        schedule="constant",
    )


def difference(data: TrainingSet, method: str, folder: Path, group: Group) -> float:
    """The largest between weights, statistics and momentum of the group and of one process."""
    settings = settings_of(method)
    train(data, replace(settings, epochs=1), folder / method, silent_reporter(), group=group)
    both = train(data, settings, folder / method, silent_reporter(), resume=True, group=group)
    if not group.leads:
        return 0.0
    alone = train(data, settings, folder / f"{method} alone", silent_reporter())
    (ours, momentum), (theirs, other) = (
        read_tensors(result.checkpoint) for result in (both, alone)
    )
    assert abs(both.metrics["loss"] - alone.metrics["loss"]) < 1e-3
    pairs = [(ours[name], theirs[name]) for name in theirs]
    pairs += [(momentum[name], other[name]) for name in other]
    return max(float((a.double() - b.double()).abs().max()) for a, b in pairs)


def main() -> None:
    torch.set_num_threads(1)
    folder = Path(sys.argv[1])
    paths = sorted((folder / "images").rglob("*.png"), key=lambda path: path.name)
    labels = tuple(int(path.parent.name == "bar") for path in paths)
    data = TrainingSet(tuple(paths), labels, ("square", "bar"))
    with joined("cpu") as group:
        if sys.argv[2] == "fail" and this_rank().index == 1:
            raise TrainingError("The second rank cannot go on.", remedy="Help it.")
        found = {method: difference(data, method, folder, group) for method in METHODS}
    if group.leads:
        sys.stdout.write(json.dumps(found))


main()
