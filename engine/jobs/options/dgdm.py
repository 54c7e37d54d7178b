"""Options of DGDM."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from engine.jobs.options.base import BlockSize, Options


class DgdmOptions(Options, frozen=True):
    """Options of DGDM; defaults are the paper's where it gives them (sections 3.2, 3.3, 4.1)."""

    gamma_h: Annotated[
        float,
        Meta(gt=0, le=1, description="Most discriminative part: attention >= gamma_h * maximum."),
    ] = 0.9
    gamma_l: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="Background: attention < minimum + gamma_l * (maximum - minimum).",
        ),
    ] = 0.1
    background: Annotated[bool, Meta(description="Erase the background too.")] = True
    background_cap: Annotated[
        float,
        Meta(ge=0, le=1, description="At most this fraction of positions seeds background."),
    ] = 0.2
    block_h: Annotated[
        BlockSize,
        Meta(description="Block grown around each seed of the part; 'adaptive' is height / 7."),
    ] = 2
    block_l: Annotated[
        BlockSize, Meta(description="Block grown around each background seed, or 'adaptive'.")
    ] = 3
    drop_rate: Annotated[
        float,
        Meta(ge=0, le=1, description="How often the drop mask is used, else the importance map."),
    ] = 0.75
    channel_dropout: Annotated[bool, Meta(description="Drop weak channels too (CAGD).")] = True
    channel_rule: Annotated[
        Literal["threshold", "top_k"],
        Meta(description="Weak: below beta * minimum, or not among the keep_top_k strongest."),
    ] = "threshold"
    alpha: Annotated[
        float, Meta(ge=0, le=1, description="Probability that a weak channel is dropped.")
    ] = 0.5
    beta: Annotated[
        float,
        Meta(ge=1, description="Channel threshold as a multiple of the weakest live channel."),
    ] = 3.0
    keep_top_k: Annotated[
        float, Meta(gt=0, le=1, description="Fraction of channels kept by the rule top_k.")
    ] = 0.5
    literal_eq4: Annotated[
        bool, Meta(description="Keep what the text erases, as Eq. (4) is printed; for study.")
    ] = False
    start: Annotated[
        float,
        Meta(
            ge=0,
            lt=1,
            description="Part of the training before anything is dropped; for nets from nothing.",
        ),
    ] = 0.0
