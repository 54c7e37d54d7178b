"""What dialogs and the command line offer agrees with what the engine can do."""

from __future__ import annotations

import pytest

from engine.domain.errors import InputError
from engine.jobs.catalogue import BACKBONES, METHODS, recipe
from engine.jobs.options import OPTIONS, make_options


def test_methods_list_their_options_with_help() -> None:
    assert {info.name for info in METHODS} == set(OPTIONS)
    for info in METHODS:
        known = [name for name in OPTIONS[info.name].__struct_fields__ if name != "parents"]
        assert [option.name for option in info.options] == known  # what is found is not chosen
        assert all(option.help for option in info.options)


def test_unknown_names_list_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"backbone.*'alexnet'.*squeezenet1_1"):
        recipe("alexnet")
    with pytest.raises(InputError, match=r"method.*'cma'.*cam.*dgdm"):
        make_options("cma", {})
    with pytest.raises(InputError, match=r"option of dgdm.*'betta'.*beta"):
        make_options("dgdm", {"betta": 1})


@pytest.mark.parametrize(
    "given",
    [{"beta": "high"}, {"drop_rate": 1.5}, {"block_h": 0}, {"block_h": "wide"}, {"alpha": -1}],
)
def test_values_out_of_bounds_name_the_default(given: dict[str, object]) -> None:
    with pytest.raises(InputError, match="default"):
        make_options("dgdm", given)


def test_recipes_name_their_backbone() -> None:
    for info in BACKBONES:
        assert info.recipe.backbone == info.name
        assert recipe(info.name, "cam").method == "cam"
        assert info.imagenet or info.recipe.weights == "none"


@pytest.mark.parametrize("method", ["acol", "danet"])
def test_deep_heads_learn_at_the_rate_of_the_backbone(method: str) -> None:
    assert recipe("squeezenet1_1", method).head_rate_factor == 1
    assert recipe("squeezenet1_1", "cam").head_rate_factor == 10


@pytest.mark.parametrize("method", ["dgdm", "adl"])
def test_the_part_is_cut_at_the_share_that_its_paper_has_for_the_backbone(method: str) -> None:
    name = {"dgdm": "gamma_h", "adl": "gamma"}[method]
    for backbone, share in (("vgg16", 0.8), ("inception_v3", 0.8), ("resnet50", 0.9)):
        assert getattr(make_options(method, recipe(backbone, method).options), name) == share
