"""Numbers and sentences of a report, the same in both of its forms."""

from __future__ import annotations

from engine.localization.measures import BY_NAME, MEASURES, Measure, Needs
from engine.reporting.contents import Panel, RunPart, Values

#: The columns of tables over runs and classes, as far as they have values.
COLUMNS = ("misdirection", "energy_in_box", "iou", "pointing")
_SHARES = {"energy_in_box", "pointing"}
#: Headings short enough for a column.
_HEADINGS = {
    "misdirection": "Misdirection",
    "energy_in_box": "Heat in box",
    "iou": "Overlap",
    "pointing": "Points right",
}

HOW_TO_READ = (
    "A score map says how much each place of a picture speaks for its class. Where the heat lies "
    "on the object, the box that is derived from it fits. Where it lies on water, branches or "
    "another animal, attention is misdirected, and so is the box."
)
LEGEND = "Red, solid: true or accepted box. Green, dashed: predicted box. Dark to bright: heat."
QUICK_NOTE = (
    "Measured from the stored maps alone. 'boxwright measure' adds the measures that ask the "
    "network again; runs are compared by them once all of these runs have been measured."
)
RANKING = "Do the measures rank here?"
RANKING_NOTE = (
    "The rank correlation (Spearman) of each measure with the overlap of the proposed and the true "
    "or accepted box. +1: the higher the measure, the better the box; -1: the worse; near 0: it "
    "tells nothing of the boxes here."
)


def measured(part: RunPart) -> str:
    """What the reader must know of measures that are not there; empty if all are."""
    if part.full:
        if part.asked == part.images:
            return ""
        return (
            f"The network was asked again about {part.asked} of the {part.images} pictures; the "
            "others are measured from their stored maps alone."
        )
    if part.asked in (0, part.images):
        return QUICK_NOTE
    return f"{QUICK_NOTE} So far that is {part.asked} of {part.images} pictures of this run."


def heading(name: str) -> str:
    return _HEADINGS.get(name, BY_NAME[name].title)


def number(name: str, value: float | None) -> str:
    """A value of a measure as people read it; a dash where there is none."""
    if value is None:
        return "–"
    return percent(value) if name in _SHARES else f"{value:.2f}"


def percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f} %"


def caption(panel: Panel) -> str:
    """What the numbers say of one view of one image."""
    return facts(panel.values)


def facts(values: Values) -> str:
    shown = [(name, values.get(name)) for name in ("energy_in_box", "iou", "misdirection")]
    parts = [f"{heading(n).lower()} {number(n, v)}" for n, v in shown if v is not None]
    return " · ".join(parts)


def summary(part: RunPart) -> str:
    """One run in a sentence."""
    count, share = round(part.misdirected * part.images), percent(part.misdirected)
    return f"Attention is misdirected in {count} of {part.images} pictures ({share})."


def short_title(part: RunPart) -> str:
    """The method and number of a run, for the head of a column."""
    pieces = part.title.split(" · ")
    return part.title if len(pieces) < 3 else f"{pieces[0]} · {pieces[-1]}"


def signed(value: float | None) -> str:
    """A correlation; a dash where there is none."""
    return "–" if value is None else f"{value:+.2f}"


def ranked(parts: tuple[RunPart, ...]) -> list[Measure]:
    """The measures of which it is known for any run how well they rank."""
    return [m for m in MEASURES if any(part.ranking.get(m.name) is not None for part in parts)]


def columns(parts: tuple[RunPart, ...]) -> list[str]:
    """Those of COLUMNS that any run has."""
    return [name for name in COLUMNS if any(part.means.get(name) is not None for part in parts)]


def explained(parts: tuple[RunPart, ...]) -> list[Measure]:
    """The measures that any run has, in their order."""
    return [m for m in MEASURES if any(part.means.get(m.name) is not None for part in parts)]


def needs(measure: Measure) -> str:
    return {
        Needs.BOXES: "needs true or accepted boxes",
        Needs.MAP: "from the stored map",
        Needs.NETWORK: "asks the network again",
    }[measure.needs]
