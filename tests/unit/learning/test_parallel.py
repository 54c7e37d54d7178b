"""Several real processes train what one would, and fail as one."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

from engine.jobs.ranks import ALONE, Rank, this_rank
from engine.jobs.reporter import silent_reporter
from engine.learning.batches import Batches
from engine.learning.data import open_images
from engine.learning.parallel import Group
from engine.learning.share import Share, batch_mean, sharing, uniform, whole_numbers
from engine.learning.shared_norm import share_statistics
from engine.learning.training import TrainingSet

PROGRAM = Path(__file__).with_name("rank_program.py")
ROOT = Path(__file__).parents[3]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run_ranks(folder: Path, job: str, count: int = 2) -> list[subprocess.CompletedProcess[str]]:
    """The processes as torchrun would start them, each to its end."""
    port = str(free_port())
    started = [
        subprocess.Popen(
            [sys.executable, str(PROGRAM), str(folder), job],
            env={
                **os.environ,
                "RANK": str(index),
                "LOCAL_RANK": str(index),
                "WORLD_SIZE": str(count),
                "LOCAL_WORLD_SIZE": str(count),
                "MASTER_ADDR": "127.0.0.1",
                "MASTER_PORT": port,
                "PYTHONPATH": str(ROOT),
                "OMP_NUM_THREADS": "1",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for index in range(count)
    ]
    ended = []
    for process in started:
        out, err = process.communicate(timeout=240)
        ended.append(subprocess.CompletedProcess(process.args, process.returncode, out, err))
    return ended


def test_two_ranks_train_what_one_process_does(data: TrainingSet, tmp_path: Path) -> None:
    leader, other = run_ranks(tmp_path, "train")
    assert leader.returncode == 0, leader.stderr
    assert other.returncode == 0, other.stderr
    differences = json.loads(leader.stdout)
    assert set(differences) >= {"cam", "dgdm", "dropblock", "has", "spg"}
    for method, difference in differences.items():
        # rounding alone gives 1e-6; one step moves the weights by more than 1e-3
        assert difference < 1e-4, (method, differences)


def test_a_failing_rank_ends_all_and_tells_why_alone(data: TrainingSet, tmp_path: Path) -> None:
    leader, other = run_ranks(tmp_path, "fail")
    assert leader.returncode != 0
    assert other.returncode != 0
    assert "OwnRankError: The second rank cannot go on." in other.stderr
    assert "OtherRankError: The second rank cannot go on." in leader.stderr


def test_a_process_without_torchrun_is_alone() -> None:
    assert this_rank({}) == ALONE
    assert this_rank({"RANK": "1", "WORLD_SIZE": "4"}) == ALONE  # half of it is someone else's
    environment = {
        "RANK": "5",
        "WORLD_SIZE": "8",
        "LOCAL_RANK": "1",
        "LOCAL_WORLD_SIZE": "4",
        "MASTER_ADDR": "here",
        "MASTER_PORT": "1",
    }
    assert this_rank(environment) == Rank(5, 8, 1, 4)


def parts(data: TrainingSet, count: int, batch_size: int = 5):
    source = open_images(data.paths, 36, silent_reporter())
    return [
        list(Batches(source, np.array(data.labels), batch_size, 32, 3, Rank(i, count)).epoch(1))
        for i in range(count)
    ]


def test_ranks_split_each_batch_of_one_process(data: TrainingSet) -> None:
    (whole,) = parts(data, 1)
    for batch, *shares in zip(whole, *parts(data, 2), strict=True):
        assert sum(share.weight for share in shares) == batch.total == len(batch.labels)
        for share in shares:
            assert torch.equal(share.images, batch.images[share.rows])
            assert torch.equal(share.labels, batch.labels[share.rows])


def test_fewer_images_than_ranks_go_to_all(data: TrainingSet) -> None:
    last = [batches[-1] for batches in parts(data, 3)]  # 12 images in batches of 5: 2 are left
    for batch in last:
        assert batch.weight == batch.total == 2
        assert torch.equal(batch.images, last[0].images)


def test_a_rank_without_a_readable_image_stands_in_with_a_blank_one(data: TrainingSet) -> None:
    source = open_images(data.paths, 36, silent_reporter(), memory=0, disk=0)
    for path in data.paths:
        path.unlink()
    made = Batches(source, np.array(data.labels), 6, 32, 0, Rank(1, 2))
    batch = next(iter(made.epoch(0)))
    assert (batch.weight, batch.total, batch.images.shape) == (0, 6, (1, 3, 32, 32))


def test_draws_are_those_of_one_process() -> None:
    torch.manual_seed(0)
    alone = uniform((6, 2), torch.device("cpu")), whole_numbers(9, 6, torch.device("cpu"))
    rows = torch.tensor([1, 4])
    torch.manual_seed(0)
    with sharing(Share(Group(Rank(1, 3), torch.device("cpu")), rows, 6, 2)):
        ours = uniform((2, 2), torch.device("cpu")), whole_numbers(9, 2, torch.device("cpu"))
    assert torch.equal(ours[0], alone[0][rows])
    assert torch.equal(ours[1], alone[1][rows])
    assert batch_mean(torch.tensor(3.0)) == 3


class TwoRanks(Group):
    """A group whose other rank sends what it is told to."""

    def __init__(self, theirs: list[torch.Tensor]) -> None:
        super().__init__(Rank(0, 2), torch.device("cpu"))
        self.theirs = theirs

    def add_up(self, tensor: torch.Tensor) -> torch.Tensor:
        return tensor.add_(self.theirs.pop(0))


def test_shared_batch_norm_is_that_of_the_whole_batch() -> None:
    x = torch.randn(5, 3, 4, 4) * 3 + 1
    plain, shared = nn.BatchNorm2d(3), nn.BatchNorm2d(3)
    share_statistics(shared, torch.device("cpu"))
    expected = plain(x)
    rest = x[2:].double()
    sums = [rest.sum((0, 2, 3)), rest.square().sum((0, 2, 3)), torch.tensor([48.0])]
    group = TwoRanks([torch.cat(sums)])
    with sharing(Share(group, torch.arange(2), 5, 2)):
        found = shared(x[:2])
    torch.testing.assert_close(found, expected[:2])
    torch.testing.assert_close(shared.running_mean, plain.running_mean)
    torch.testing.assert_close(shared.running_var, plain.running_var)
    assert shared.num_batches_tracked == 1
    torch.testing.assert_close(shared.eval()(x), plain.eval()(x))
