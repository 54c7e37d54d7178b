"""Training: reproducible, resumable to the bit, and safe when it is stopped or goes wrong."""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import asdict, replace
from pathlib import Path

import msgspec
import pytest
import torch
from torch import Tensor, nn

from engine.domain.errors import InputError, JobCancelled, StorageError, TrainingError
from engine.domain.settings import TrainSettings
from engine.jobs.events import Event, Metric, Progress, Warned
from engine.jobs.reporter import Reporter, silent_reporter
from engine.learning.batches import Batch
from engine.learning.checkpoints import latest_checkpoint, list_checkpoints, read_tensors
from engine.learning.loop import TrainLoop
from engine.learning.network import check_settings
from engine.learning.training import TrainingSet, train

KILLED_IN_MID_EPOCH = """
import os, sys, msgspec, torch
from pathlib import Path
from engine.domain.settings import TrainSettings
from engine.jobs.events import Metric
from engine.jobs.reporter import Reporter
from engine.learning.training import TrainingSet, train

torch.set_num_threads(1)
paths, labels, names, settings, folder = msgspec.json.decode(sys.stdin.buffer.read())

def die(event):
    if isinstance(event, Metric) and event.step > 1.3:
        os._exit(9)

data = TrainingSet(tuple(map(Path, paths)), tuple(labels), tuple(names))
train(data, msgspec.convert(settings, TrainSettings), Path(folder), Reporter(die))
"""


def weights(folder: Path) -> dict[str, Tensor]:
    network, momentum = read_tensors(latest_checkpoint(folder))
    return network | {f"momentum {name}": value for name, value in momentum.items()}


def assert_same(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert torch.equal(value, other[name]), name


def test_same_seed_gives_the_same_weights_and_another_gives_others(
    data: TrainingSet, settings: TrainSettings, tmp_path: Path
) -> None:
    for folder, seed in (("a", 3), ("b", 3), ("c", 4)):
        train(data, replace(settings, seed=seed), tmp_path / folder, silent_reporter())
        torch.rand(5)  # the caller's own random numbers make no difference
    assert_same(weights(tmp_path / "a"), weights(tmp_path / "b"))
    name = "head.conv.weight"
    assert not torch.equal(weights(tmp_path / "a")[name], weights(tmp_path / "c")[name])


def test_caller_keeps_its_random_stream(
    data: TrainingSet, settings: TrainSettings, tmp_path: Path
) -> None:
    before = torch.get_rng_state()
    train(data, replace(settings, epochs=1), tmp_path, silent_reporter())
    assert torch.equal(before, torch.get_rng_state())


def test_resumed_after_a_kill_equals_uninterrupted(
    data: TrainingSet, settings: TrainSettings, tmp_path: Path
) -> None:
    whole = train(data, settings, tmp_path / "whole", silent_reporter())
    request = msgspec.json.encode(
        [
            [str(path) for path in data.paths],
            data.labels,
            data.class_names,
            asdict(settings),
            str(tmp_path / "killed"),
        ]
    )
    process = subprocess.run(
        [sys.executable, "-c", KILLED_IN_MID_EPOCH], input=request, check=False, timeout=120
    )
    assert process.returncode == 9
    assert latest_checkpoint(tmp_path / "killed").name == "epoch-0001.safetensors"
    resumed = train(data, settings, tmp_path / "killed", silent_reporter(), resume=True)
    assert resumed.epochs == whole.epochs == 3
    assert_same(weights(tmp_path / "whole"), weights(tmp_path / "killed"))


def test_cancel_in_mid_epoch_keeps_the_last_checkpoint(
    data: TrainingSet, settings: TrainSettings, tmp_path: Path
) -> None:
    cancel = threading.Event()

    def send(event: Event) -> None:
        if isinstance(event, Metric) and event.step > 1.3:
            cancel.set()

    with pytest.raises(JobCancelled):
        train(data, settings, tmp_path, Reporter(send, cancel))
    assert latest_checkpoint(tmp_path).name == "epoch-0001.safetensors"
    assert train(data, settings, tmp_path, silent_reporter(), resume=True).epochs == 3


def test_metrics_come_live_and_progress_ends_full(
    data: TrainingSet, settings: TrainSettings, tmp_path: Path
) -> None:
    events: list[Event] = []
    epochs: list[int] = []
    train(
        data,
        settings,
        tmp_path,
        Reporter(events.append, interval=0),
        on_epoch=lambda epoch, _: epochs.append(epoch),
    )
    metrics = [event for event in events if isinstance(event, Metric)]
    assert [round(metric.step, 3) for metric in metrics[:3]] == [0.333, 0.667, 1.0]
    assert {"loss", "accuracy", "part_dropped", "background_dropped", "channels_dropped"} <= set(
        metrics[0].values
    )
    progress = [event for event in events if isinstance(event, Progress)]
    assert (progress[-1].done, progress[-1].total) == (9, 9)
    assert epochs == [1, 2, 3]


def test_network_learns_to_tell_squares_from_bars(
    data: TrainingSet, settings: TrainSettings, tmp_path: Path
) -> None:
    # few images, few steps: in bfloat16 chance decides how far it gets
    longer = replace(settings, epochs=25, learning_rate=0.03, precision="float32")
    result = train(data, longer, tmp_path, silent_reporter())
    assert result.metrics["loss"] < 0.2
    assert result.metrics["accuracy"] > 0.9


def test_last_two_checkpoints_are_kept(
    data: TrainingSet, settings: TrainSettings, tmp_path: Path
) -> None:
    result = train(data, settings, tmp_path, silent_reporter())
    kept = [path.name for path in list_checkpoints(tmp_path)]
    assert kept == ["epoch-0002.safetensors", "epoch-0003.safetensors"]
    assert result.checkpoint == tmp_path / kept[-1]
    assert len(list(tmp_path.glob("epoch-*"))) == 4


def test_diverged_loss_names_step_and_rate_and_keeps_the_checkpoint(
    data: TrainingSet, settings: TrainSettings, tmp_path: Path
) -> None:
    train(data, replace(settings, epochs=1), tmp_path, silent_reporter())
    wild = replace(settings, learning_rate=1e30, schedule="constant")
    with pytest.raises(TrainingError, match=r"diverged at step \d+ with learning rate 1e\+30"):
        train(data, wild, tmp_path / "wild", silent_reporter())
    good = weights(tmp_path)
    assert all(bool(value.isfinite().all()) for value in good.values())


def test_diverging_after_a_good_epoch_names_the_kept_checkpoint(
    data: TrainingSet, settings: TrainSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.learning import loop

    real = loop.set_rates

    def jump(optimiser: torch.optim.SGD, schedule: str, progress: float) -> None:
        real(optimiser, schedule, progress)
        if progress > 0.4:
            for group in optimiser.param_groups:
                group["lr"] = float("inf")

    monkeypatch.setattr(loop, "set_rates", jump)
    with pytest.raises(TrainingError, match=r"epoch-0001\.safetensors"):
        train(data, settings, tmp_path, silent_reporter())
    assert all(bool(v.isfinite().all()) for v in weights(tmp_path).values())


def test_unreadable_images_are_warned_of_and_left_out(
    data: TrainingSet, settings: TrainSettings, tmp_path: Path
) -> None:
    data.paths[3].write_bytes(b"no image")
    warnings: list[str] = []

    def send(event: Event) -> None:
        if isinstance(event, Warned):
            warnings.append(event.message)

    result = train(data, replace(settings, epochs=1), tmp_path / "run", Reporter(send))
    assert len(warnings) == 1
    assert str(data.paths[3]) in warnings[0]
    assert result.epochs == 1


def test_one_class_is_not_enough(
    data: TrainingSet, settings: TrainSettings, tmp_path: Path
) -> None:
    only = TrainingSet(data.paths[::2], data.labels[::2], data.class_names)
    with pytest.raises(TrainingError, match="at least two classes; there are 1"):
        train(only, settings, tmp_path, silent_reporter())
    for path in data.paths[1::2]:
        path.unlink()
    with pytest.raises(TrainingError, match="fewer than two classes could be read"):
        train(data, settings, tmp_path, silent_reporter())
    assert list_checkpoints(tmp_path) == []


def test_one_image_per_class_trains(
    data: TrainingSet, settings: TrainSettings, tmp_path: Path
) -> None:
    two = TrainingSet(data.paths[:2], data.labels[:2], data.class_names)
    assert train(two, settings, tmp_path, silent_reporter()).epochs == 3


def test_other_settings_cannot_resume(
    data: TrainingSet, settings: TrainSettings, tmp_path: Path
) -> None:
    train(data, replace(settings, epochs=1), tmp_path, silent_reporter())
    before = weights(tmp_path)
    with pytest.raises(TrainingError, match="other settings"):
        train(data, replace(settings, method="cam"), tmp_path, silent_reporter(), resume=True)
    assert_same(before, weights(tmp_path))


def test_finished_training_resumes_to_itself(
    data: TrainingSet, settings: TrainSettings, tmp_path: Path
) -> None:
    first = train(data, settings, tmp_path, silent_reporter())
    again = train(data, settings, tmp_path, silent_reporter(), resume=True)
    assert again == first


def test_full_disk_keeps_the_last_checkpoint(
    data: TrainingSet, settings: TrainSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    written: list[int] = []

    def full(handle: int) -> None:
        written.append(handle)
        if len(written) > 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        train(data, settings, tmp_path, silent_reporter())
    assert [path.name for path in list_checkpoints(tmp_path)] == ["epoch-0001.safetensors"]
    assert not list(tmp_path.glob(".*"))
    weights(tmp_path)


def test_absurd_running_statistics_count_as_diverged(
    data: TrainingSet, settings: TrainSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = TrainLoop.step

    def spoil(loop: TrainLoop, batch: Batch, step: int, progress: float) -> dict[str, float]:
        values = real(loop, batch, step, progress)
        if progress > 0.4:
            norm = next(m for m in loop._network.modules() if isinstance(m, nn.BatchNorm2d))
            norm.running_var.fill_(1e20)
        return values

    monkeypatch.setattr(TrainLoop, "step", spoil)
    with pytest.raises(TrainingError, match=r"diverged at step 6 .*epoch-0001\.safetensors"):
        train(data, settings, tmp_path, silent_reporter())
    assert latest_checkpoint(tmp_path).name == "epoch-0001.safetensors"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "nothing"}, "no method named"),
        ({"backbone": "nothing"}, "no backbone named"),
        ({"insertion": "layer3,layer9"}, "named 'layer9'"),
        ({"insertion": " , "}, "No insertion point"),
        ({"large_map": True}, "has no large map"),
        ({"options": {"gamma": 1}}, "no option of dgdm named 'gamma'"),
    ],
)
def test_choices_are_checked_before_the_work(
    settings: TrainSettings, change: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        check_settings(replace(settings, **change))
    check_settings(settings)
