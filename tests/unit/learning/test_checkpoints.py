"""Checkpoints: what was trained is what is loaded, and nothing else gets in."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.domain.errors import CheckpointError
from engine.domain.settings import TrainSettings
from engine.jobs.reporter import silent_reporter
from engine.learning.checkpoints import latest_checkpoint, load_network, read_info, read_tensors
from engine.learning.training import TrainingSet, train

CPU = torch.device("cpu")


@pytest.fixture
def checkpoint(data: TrainingSet, settings: TrainSettings, tmp_path: Path) -> Path:
    return train(data, replace(settings, epochs=1), tmp_path / "run", silent_reporter()).checkpoint


def test_trained_network_is_loaded_in_eval(checkpoint: Path, settings: TrainSettings) -> None:
    network = load_network(checkpoint, CPU)
    saved, momentum = read_tensors(checkpoint)
    for name, value in network.state_dict().items():
        assert torch.equal(value, saved[name]), name
    assert set(momentum) == {name for name, _ in network.named_parameters()}
    assert not network.training
    assert network.class_names == ("square", "bar")
    assert network.settings == replace(settings, epochs=1)


def test_json_tells_what_repeats_the_training(checkpoint: Path) -> None:
    told = msgspec.json.decode(checkpoint.with_suffix(".json").read_bytes())
    assert told["epoch"] == 1
    assert told["settings"]["seed"] == 0
    assert torch.__version__.startswith(told["versions"]["torch"])
    assert told["metrics"]["loss"] > 0


def test_either_file_names_the_checkpoint(checkpoint: Path) -> None:
    assert load_network(checkpoint.with_suffix(".json"), CPU).class_names == ("square", "bar")


def test_missing_ones_are_told(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no such checkpoint"):
        load_network(tmp_path / "absent.safetensors", CPU)
    with pytest.raises(CheckpointError, match="There is no checkpoint"):
        latest_checkpoint(tmp_path)
    checkpoint.unlink()
    with pytest.raises(CheckpointError, match="weights are missing"):
        load_network(checkpoint, CPU)


def test_pickle_in_disguise_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return Path.touch, (tmp_path / "it_ran",)

    checkpoint.write_bytes(pickle.dumps(Evil()))
    with pytest.raises(CheckpointError, match="damaged, or no checkpoint"):
        load_network(checkpoint, CPU)
    torch.save({"network.head.conv.bias": torch.zeros(2)}, checkpoint)
    with pytest.raises(CheckpointError, match="damaged, or no checkpoint"):
        load_network(checkpoint, CPU)
    assert not (tmp_path / "it_ran").exists()


def test_cut_short_is_told(checkpoint: Path) -> None:
    content = checkpoint.read_bytes()
    checkpoint.write_bytes(content[: len(content) // 2])
    with pytest.raises(CheckpointError, match="damaged"):
        load_network(checkpoint, CPU)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "something else"}, "no checkpoint"),
        ({"version": 99}, "newer Boxwright"),
        ({"class_names": 5}, "no checkpoint"),
    ],
)
def test_foreign_json_is_told(checkpoint: Path, change: dict[str, object], message: str) -> None:
    path = checkpoint.with_suffix(".json")
    told = msgspec.json.decode(path.read_bytes())
    path.write_bytes(msgspec.json.encode(told | change))
    with pytest.raises(CheckpointError, match=message):
        read_info(checkpoint)


def test_unknown_backbone_in_the_json_is_told(checkpoint: Path) -> None:
    path = checkpoint.with_suffix(".json")
    told = msgspec.json.decode(path.read_bytes())
    told["settings"]["backbone"] = "alexnet"
    path.write_bytes(msgspec.json.encode(told))
    with pytest.raises(CheckpointError, match="no backbone named 'alexnet'"):
        load_network(checkpoint, CPU)


def test_weights_of_another_network_name_the_first_keys(checkpoint: Path) -> None:
    tensors = load_file(checkpoint)
    tensors["network.backbone.other.weight"] = tensors.pop("network.backbone.stem.0.0.weight")
    save_file(tensors, checkpoint)
    with pytest.raises(
        CheckpointError,
        match=r"missing: backbone\.stem\.0\.0\.weight; unexpected: backbone\.other\.weight",
    ):
        load_network(checkpoint, CPU)
