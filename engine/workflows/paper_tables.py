"""The paper's four tables as grids: what each row trains, and the figures that were published.

Yin et al., Dual-attention Guided Dropblock Module, tables 1 to 4. A figure that the paper leaves
out is left out here. "Mb" in table 2 are millions of parameters. Its computation is compared with
that of a training step's forward pass, since it counts what SPG needs in training alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

#: Names of figures and how they are headed.
TITLES = {
    "parameters": "params, M",
    "parameter_overhead": "params, +%",
    "computation_overhead": "computation, +%",
    "map_overhead": "of a score map, +%",
    "gt_known_loc": "GT-known",
    "top1_clas": "Top-1 Clas",
    "top1_loc": "Top-1 Loc",
}


@dataclass(frozen=True)
class PaperRow:
    """One row: ``options`` are those of the method beside its defaults, ``published`` the paper's
    figures by name. ``insertion`` holds on ``backbone``; another one takes its default."""

    title: str
    method: str
    backbone: str
    published: dict[str, float]
    options: dict[str, Any] = field(default_factory=dict)
    insertion: str = "default"


@dataclass(frozen=True)
class PaperTable:
    """``dataset`` is the one that the figures were measured on; ``figures`` are the columns."""

    name: str
    title: str
    dataset: str
    figures: tuple[str, ...]
    rows: tuple[PaperRow, ...]

    @property
    def tells_cost(self) -> bool:
        return "parameters" in self.figures


_ABLATION = ("gt_known_loc", "top1_clas", "top1_loc")
_ACCURACY = ("top1_loc", "top1_clas")
_COST = ("parameters", "parameter_overhead", "computation_overhead")

Published = tuple[float, ...] | None

# Part of M_drop2 alone. The paper has no row of block size 4 here.
_PART: tuple[tuple[int | str, Published], ...] = (
    (1, (62.70, 71.99, 45.20)),
    (2, (73.48, 68.30, 52.57)),
    (3, (69.53, 55.56, 43.10)),
    (4, None),
    ("adaptive", (73.52, 65.83, 50.46)),
)
# With the background mask, whose block varies; the part's block is 2.
_BACKGROUND: tuple[tuple[int | str, Published], ...] = (
    (1, (73.48, 69.11, 52.11)),
    (2, (73.94, 69.68, 53.27)),
    (3, (74.23, 69.00, 53.79)),
    (4, (73.48, 69.11, 52.11)),
    ("adaptive", (72.02, 69.21, 51.42)),
)
_BETA: tuple[tuple[float, Published], ...] = (
    (2.0, (73.44, 69.19, 52.56)),
    (2.5, (74.88, 69.50, 54.31)),
    (3.0, (75.02, 69.89, 54.34)),
    (3.5, (72.65, 69.68, 52.67)),
)


def _ablation() -> Iterator[PaperRow]:
    for block, published in _PART:
        part: dict[str, Any] = {"background": False, "channel_dropout": False, "block_h": block}
        yield _ablated(f"part, block {_shown(block)}", part, published)
    for block, published in _BACKGROUND:
        both: dict[str, Any] = {"channel_dropout": False, "block_h": 2, "block_l": block}
        yield _ablated(f"part + background, block {_shown(block)}", both, published)
    for beta, published in _BETA:
        options: dict[str, Any] = {"block_h": 2, "block_l": 3, "beta": beta}
        yield _ablated(f"part + background + CAGD, beta {beta:g}", options, published)


def _shown(block: int | str) -> str:
    return "Adap-7" if block == "adaptive" else str(block)


def _ablated(title: str, options: dict[str, Any], published: Published) -> PaperRow:
    figures = {} if published is None else dict(zip(_ABLATION, published, strict=True))
    return PaperRow(title, "dgdm", "vgg16", figures, options, "paper")


_NAMES = {
    "backprop": "Backprop",
    "cam": "CAM",
    "acol": "ACoL",
    "spg": "SPG",
    "adl": "ADL",
    "danet": "DANet",
    "dgdm": "DGDM",
}


def _row(
    method: str,
    backbone: str,
    top1_loc: float,
    top1_clas: float | None,
    cost: tuple[float, float, float] | None = None,
) -> PaperRow:
    published = {"top1_loc": top1_loc}
    if top1_clas is not None:
        published["top1_clas"] = top1_clas
    if cost is not None:
        published |= dict(zip(_COST, cost, strict=True))
    return PaperRow(_NAMES[method], method, backbone, published)


_TABLES = (
    PaperTable(
        "table1",
        "Ablation on CUB-200-2011, VGG16-GAP",
        "cub",
        _ABLATION,
        tuple(_ablation()),
    ),
    PaperTable(
        "table2",
        "CUB-200-2011",
        "cub",
        (*_COST, "map_overhead", *_ACCURACY),
        (
            _row("cam", "vgg16", 34.41, 67.55, (29.08, 0, 0)),
            _row("acol", "vgg16", 45.92, 71.90, (43.44, 71.51, 131.27)),
            _row("adl", "vgg16", 52.36, 65.27, (29.08, 0, 0)),
            _row("danet", "vgg16", 52.52, 75.40, (48.56, 66.99, 32.58)),
            _row("dgdm", "vgg16", 54.34, 69.85, (29.08, 0, 0)),
            _row("adl", "resnet50", 46.29, 79.72, (23.92, 0, 0)),
            _row("danet", "resnet50", 51.10, 81.60, (28.53, 19.27, 38.21)),
            _row("dgdm", "resnet50", 59.40, 76.20, (23.92, 0, 0)),
            _row("cam", "inception_v3", 43.67, None, (25.69, 0, 0)),
            _row("spg", "inception_v3", 46.64, None, (37.63, 46.48, 561.10)),
            _row("adl", "inception_v3", 53.04, 74.55, (25.69, 0, 0)),
            _row("danet", "inception_v3", 49.45, 71.20, (29.73, 15.72, 46.07)),
            _row("dgdm", "inception_v3", 52.62, 72.23, (25.69, 0, 0)),
        ),
    ),
    PaperTable(
        "table3",
        "ImageNet-1k validation set",
        "ilsvrc",
        _ACCURACY,
        (
            _row("backprop", "vgg16", 38.88, None),
            _row("cam", "vgg16", 42.80, 66.60),
            _row("acol", "vgg16", 45.83, 67.50),
            _row("adl", "vgg16", 44.92, 69.48),
            _row("dgdm", "vgg16", 42.77, 65.74),
            _row("cam", "resnet50_se", 46.19, 76.56),
            _row("adl", "resnet50_se", 48.53, 75.56),
            _row("dgdm", "resnet50_se", 48.81, 73.50),
        ),
    ),
    PaperTable(
        "table4",
        "Stanford Cars",
        "cars",
        _ACCURACY,
        (
            _row("adl", "resnet18", 86.50, 88.50),
            _row("dgdm", "resnet18", 87.38, 88.91),
            _row("adl", "resnet34", 87.37, 90.24),
            _row("dgdm", "resnet34", 88.44, 89.91),
            _row("adl", "resnet50", 89.32, 91.48),
            _row("dgdm", "resnet50", 90.25, 91.85),
        ),
    ),
)
TABLES = {table.name: table for table in _TABLES}
