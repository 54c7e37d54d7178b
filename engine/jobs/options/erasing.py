"""Options of the methods that erase: ADL, hide-and-seek, DropBlock, ACoL. Defaults are the
papers'."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from engine.jobs.options.base import Options


class AdlOptions(Options, frozen=True):
    """Options of ADL (Choe and Shim 2019, sections 3 and 4.1)."""

    gamma: Annotated[
        float,
        Meta(
            gt=0,
            le=1,
            description="Erased: attention >= gamma * maximum; VGG 0.8, ResNet 0.9.",
        ),
    ] = 0.8
    drop_rate: Annotated[
        float,
        Meta(ge=0, le=1, description="How often the drop mask is used, else the importance map."),
    ] = 0.75


class HasOptions(Options, frozen=True):
    """Options of hide-and-seek (Singh and Lee 2017, section 4.1)."""

    patch: Annotated[
        Annotated[int, Meta(ge=1, le=224)] | Literal["mixed"],
        Meta(
            description="Side of a patch in pixels of a 224 px input, in proportion at other "
            "sizes; 'mixed' draws 16, 32, 44, 56 or no hiding per image."
        ),
    ] = 32
    hide_rate: Annotated[
        float, Meta(ge=0, le=1, description="Probability that a patch is hidden.")
    ] = 0.5


class DropBlockOptions(Options, frozen=True):
    """Options of DropBlock (Ghiasi et al. 2018, sections 3 and 4.1)."""

    drop_rate: Annotated[
        float,
        Meta(ge=0, lt=1, description="Expected fraction of dropped activations, at the end."),
    ] = 0.1
    block_size: Annotated[
        int, Meta(ge=1, le=64, description="Side of a block; at most the map's side.")
    ] = 7
    scheduled: Annotated[
        bool, Meta(description="Raise the drop rate from 0 linearly over the training.")
    ] = True
    per_channel: Annotated[
        bool, Meta(description="Draw blocks per channel, instead of one mask for all channels.")
    ] = True


class AcolOptions(Options, frozen=True):
    """Options of ACoL (Zhang et al. 2018a, sections 3.2 and 4.1)."""

    threshold: Annotated[
        float,
        Meta(
            gt=0,
            le=1,
            description="Erased for the second classifier: the first's min-max map >= threshold.",
        ),
    ] = 0.6
    hidden: Annotated[
        int, Meta(ge=1, le=4096, description="Channels of each classifier's 3x3 convolutions.")
    ] = 1024
    layers: Annotated[
        int, Meta(ge=0, le=4, description="Number of 3x3 convolutions in each classifier.")
    ] = 2
    normalised: Annotated[
        bool,
        Meta(description="Bring both maps to [0, 1] before the maximum, as the authors' code."),
    ] = True
