"""Options of the methods that do not erase: CAM, Backprop, SPG, DANet."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from engine.jobs.options.base import Options


class CamOptions(Options, frozen=True):
    """Plain CAM has nothing to choose."""


class BackpropOptions(Options, frozen=True):
    """Options of Backprop (Simonyan et al. 2013, section 3)."""

    cell: Annotated[
        int,
        Meta(
            ge=1,
            le=64,
            description="The map is averaged over cells of this many pixels; 1 keeps every pixel.",
        ),
    ] = 8


Mark = Annotated[float, Meta(ge=0, le=1)]


class SpgOptions(Options, frozen=True):
    """Options of SPG (Zhang et al. 2018b, sections 3.2 and 4.1).

    Of each map in [0, 1] that supervises another branch: object above high, background below low,
    no supervision between. The paper's code has attention_low 0.05; 0.01 is the value of Choe et
    al.'s evaluation.
    """

    attention_high: Annotated[
        Mark, Meta(description="Attention that supervises B2: object above it.")
    ] = 0.7
    attention_low: Annotated[
        Mark, Meta(description="Attention that supervises B2: background below it.")
    ] = 0.01
    b2_high: Annotated[Mark, Meta(description="B2's map supervising B1: object above it.")] = 0.5
    b2_low: Annotated[Mark, Meta(description="B2's map supervising B1: background below it.")] = (
        0.05
    )
    fused_high: Annotated[
        Mark, Meta(description="Mean of B1 and B2 supervising C: object above it.")
    ] = 0.7
    fused_low: Annotated[
        Mark, Meta(description="Mean of B1 and B2 supervising C: background below it.")
    ] = 0.1
    hidden: Annotated[
        int, Meta(ge=1, le=4096, description="Channels of the 3x3 convolutions of B and C.")
    ] = 512


class DanetOptions(Options, frozen=True):
    """Options of DANet (Xue et al. 2019, sections 3.2 and 3.3; values of the authors' code)."""

    maps: Annotated[int, Meta(ge=1, le=64, description="Divergent maps per class (K).")] = 8
    similarity_weight: Annotated[
        float, Meta(ge=0, description="Weight of the maps' mean cosine similarity in the loss.")
    ] = 0.2
    hierarchy: Annotated[
        Literal["names", "folders", "none"],
        Meta(
            description="Learn the classes' parents too: from nested names ('bird/gull'), from "
            "nested folders of the images, or not."
        ),
    ] = "names"
    #: By class name, outermost first, as "sea/gull"; found in the folders, not chosen.
    parents: dict[str, str] = field(default_factory=dict)
    parent_weight: Annotated[
        float, Meta(ge=0, description="Weight of each parent level's classification loss.")
    ] = 1.0
    positive: Annotated[
        bool, Meta(description="Clip maps at 0 before their mean, as the authors' code.")
    ] = False
    hidden: Annotated[
        int, Meta(ge=1, le=4096, description="Channels of each classifier's 3x3 convolutions.")
    ] = 1024
    layers: Annotated[
        int, Meta(ge=0, le=4, description="Number of 3x3 convolutions in each classifier.")
    ] = 2
