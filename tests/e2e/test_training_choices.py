"""What ``train`` and ``propose`` can be told by name, and what they say to unknown names."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from engine.cli.main import app
from engine.store.project import Project
from engine.store.runs import list_runs
from tests.pictures import write_pictures

TRAIN = ("--backbone", "compact", "--weights", "none", "--epochs", "1", "--device", "cpu")


def boxwright(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return done.exit_code, " ".join((done.stdout + done.stderr).split())


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("choices")
    pictures = write_pictures(folder / "pictures", 2)
    assert boxwright("new", folder / "project", "--images", pictures)[0] == 0
    trained = boxwright("train", folder / "project", *TRAIN, "--insertion", "layer2,layer4")
    assert trained[0] == 0, trained[1]
    return folder / "project"


def runs(project: Path) -> list[dict[str, object]]:
    with Project.open(project) as opened, opened.read() as connection:
        return [record.settings for record in list_runs(connection)]


def test_insertion_points_by_name_are_those_of_the_run(project: Path) -> None:
    (training,) = [found["train"] for found in runs(project) if "train" in found]
    assert training["insertion"] == "layer2,layer4"
    assert training["large_map"] is False


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--insertion", "layer2,layer9"), "named 'layer9'. Known: default, last, layer1,"),
        (("--large-map",), "Compact has no large map."),
        (("-o", "gama=1"), "no option of dgdm named 'gama'. Known: alpha, background,"),
        (("-o", "beta"), "'beta' is not of the form NAME=VALUE."),
        (("--method", "cam", "--backbone", "vgg"), "There is no backbone named 'vgg'."),
        (("--method", "danet", "-o", "hierarchy=folders"), "give no hierarchy"),
    ],
)
def test_training_refuses_what_it_does_not_know(
    project: Path, arguments: tuple[str, ...], words: str
) -> None:
    before = runs(project)
    code, said = boxwright("train", project, *TRAIN, *arguments)
    assert code == 1
    assert words in said
    assert runs(project) == before


def test_map_layer_scales_and_flip_are_those_of_the_run(project: Path) -> None:
    options = ("--map", "layercam", "--layer", "layer3", "--scales", "0.75,1", "--flip")
    code, said = boxwright("propose", project, *options, "--device", "cpu")
    assert code == 0, said
    maps = runs(project)[0]["maps"]
    assert (maps["kind"], maps["layer"], maps["flip"]) == ("layercam", "layer3", True)
    assert list(maps["scales"]) == [0.75, 1.0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--map", "gradcam", "--layer", "layer9"), "no layer named 'layer9'. Known: "),
        (("--map", "cam", "--layer", "layer3"), "looks at no layer of its own"),
        (("--scales", "1,huge"), "no numbers with commas between them"),
        (("--scales", "1,9"), "Give one or more from 0.25 to 4"),
    ],
)
def test_proposing_refuses_what_it_does_not_know(
    project: Path, arguments: tuple[str, ...], words: str
) -> None:
    before = runs(project)
    code, said = boxwright("propose", project, *arguments, "--device", "cpu")
    assert code == 1
    assert words in said
    assert runs(project) == before
