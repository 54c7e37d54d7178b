"""Classes' parents from nested folders, from the index to a trained DANet."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.domain.errors import InputError
from engine.domain.records import RunKind
from engine.domain.settings import ClassFrom, TrainSettings
from engine.jobs.reporter import silent_reporter
from engine.jobs.requests import IndexRequest, ProposeRequest, TrainRequest
from engine.learning.checkpoints import load_network
from engine.learning.methods.danet import DanetHead
from engine.store.images import list_classes
from engine.store.project import Project
from engine.store.runs import list_runs
from engine.workflows.dispatch import run
from engine.workflows.hierarchy import parents_from
from tests.pictures import write_picture


def test_parents_are_the_folders_above_the_class() -> None:
    found = parents_from(
        [
            ("all/sea/gull/herring gull/1.jpg", "herring gull"),
            ("all/sea/gull/herring gull/adult/2.jpg", "herring gull"),
            ("all/sea/gull/laughing gull/1.jpg", "laughing gull"),
            ("all/land/robin/1.jpg", "robin"),
        ]
    )
    assert found == {
        "herring gull": "sea/gull",
        "laughing gull": "sea/gull",
        "robin": "land",
    }


def test_all_folders_are_parents_of_a_class_that_none_is_named_as() -> None:
    found = parents_from([("sea/gull/1.jpg", "herring gull"), ("land/1.jpg", "robin")])
    assert found == {"herring gull": "sea/gull", "robin": "land"}


@pytest.mark.parametrize(
    "images",
    [
        [("gull/1.jpg", "gull"), ("robin/1.jpg", "robin")],
        [("images/train/gull/1.jpg", "gull"), ("images/train/robin/1.jpg", "robin")],
        [("1.jpg", "gull"), ("2.jpg", "robin")],
    ],
)
def test_flat_folders_give_no_hierarchy(images: list[tuple[str, str]]) -> None:
    with pytest.raises(InputError, match="give no hierarchy"):
        parents_from(images)


def test_a_class_in_two_places_is_named_with_both() -> None:
    with pytest.raises(InputError, match=r"adult lies in several places: gull.*robin/adult"):
        parents_from([("gull/adult/1.jpg", "adult"), ("robin/adult/2.jpg", "adult")])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    colours = {"sea/gull": (220, 50, 40), "sea/tern": (50, 200, 70), "land/robin": (40, 60, 220)}
    for seed, (folder, colour) in enumerate(colours.items()):
        for number in range(2):
            write_picture(tmp_path / "tree" / folder / f"{number}.png", colour, seed, (48, 48))
    request = IndexRequest(
        str(tmp_path / "project"), str(tmp_path / "tree"), class_from=ClassFrom.LAST
    )
    run(request, silent_reporter())
    return tmp_path / "project"


def classes(project: Path) -> list[str]:
    with Project.open(project) as opened, opened.read() as connection:
        return sorted(record.name for record in list_classes(connection))


def test_a_project_keeps_which_folder_names_the_class(project: Path) -> None:
    assert classes(project) == ["gull", "robin", "tern"]
    run(IndexRequest(str(project), str(project.parent / "tree")), silent_reporter())
    assert classes(project) == ["gull", "robin", "tern"]


def danet(**options: object) -> TrainSettings:
    return TrainSettings(
        method="danet",
        options={"hidden": 8, "maps": 2, **options},
        backbone="compact",
        weights="none",
        epochs=1,
        image_size=32,
        resize_size=36,
        device="cpu",
    )


def test_danet_learns_the_parents_from_the_folders(project: Path) -> None:
    result = run(TrainRequest(str(project), danet(hierarchy="folders")), silent_reporter())
    network = load_network(Path(result["checkpoint"]), torch.device("cpu"))
    assert isinstance(network.head, DanetHead)
    assert len(network.head.parents) == 1
    assert network.head.parents[0].maps[-1].out_channels == 2 * 2  # sea and land, two maps each
    with Project.open(project) as opened, opened.read() as connection:
        (record,) = list_runs(connection, RunKind.TRAIN)
    parents = record.settings["train"]["options"]["parents"]
    assert parents == {"gull": "sea", "robin": "land", "tern": "sea"}
    proposed = run(ProposeRequest(str(project)), silent_reporter())
    assert proposed["images"] == 6


def test_without_it_danet_knows_no_parents(project: Path) -> None:
    result = run(TrainRequest(str(project), danet(hierarchy="none")), silent_reporter())
    network = load_network(Path(result["checkpoint"]), torch.device("cpu"))
    assert len(network.head.parents) == 0
