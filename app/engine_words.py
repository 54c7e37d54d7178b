"""The engine's own words in the person's language: steps of jobs, choices, findings, measures.

The engine is another process and speaks English. Whole texts are looked up as they come; sentences
with something put in are recognised by their pattern. What is not known stays as it came, which is
meant for errors and warnings (see ``app.i18n``). A test holds these lists against the engine.
"""

from __future__ import annotations

import re
from functools import cache

from app.i18n import ENGLISH, language, mark, plural, tr

_HOLE = re.compile(r"\\{(\w+)\\}")

#: Steps of jobs that say what they do.
STEPS = (
    mark("Checking images"),
    mark("Comparing boxes"),
    mark("Comparing masks"),
    mark("Deriving boxes"),
    mark("Gathering"),
    mark("Images"),
    mark("Learning from your boxes"),
    mark("Looking for images"),
    mark("Looking for the best threshold"),
    mark("Measuring"),
    mark("Painting the sample"),
    mark("Proposing"),
    mark("Reading"),
    mark("Reading features"),
    mark("Reading images"),
    mark("Saving"),
    mark("Score maps"),
    mark("Taking boxes in"),
    mark("The sample is there"),
    mark("True boxes"),
    mark("Working"),
    mark("Writing the report"),
)
#: What is compared when it learns.
SOURCES = (mark("box model"), mark("score maps"))
#: Curves of a training.
CURVES = (mark("accuracy"), mark("loss"))
#: Steps, findings and promises with something put in; more exact ones first.
SENTENCES = (
    mark("Epoch {epoch} of {epochs}"),
    mark("Cell {number} of {count}"),
    mark("Downloading {name}"),
    mark("Drawing run {run}"),
    mark("Measuring run {run}"),
    mark("run {id} ({method}, {map})"),
    mark("run {id}"),
    mark("the mean of runs {runs}"),
    mark(
        "With {confidence} confidence at least {share} of these {count} boxes have an IoU of "
        "{level} or more: of {reviewed} such boxes that chance chose and you reviewed, {right} had."
    ),
    mark("There is nothing left to accept."),
    mark("No number of reviews could prove this share. Ask for less."),
    mark(
        "With {confidence} confidence at least {share} of these {count} boxes have an IoU of "
        "{level} or more: of {reviewed} such boxes among the first {first} images that chance "
        "chose and you reviewed, {right} had. Tested with {own}, so that it holds however often "
        "you ask."
    ),
    mark(
        "{count} more randomly chosen images have to be reviewed before the first answer "
        "({reviewed} are so far)."
    ),
    mark(
        "{count} more randomly chosen images have to be reviewed at least ({reviewed} are so far)."
    ),
    mark(
        "{right} of {reviewed} randomly chosen boxes were right: too few to promise {share}. "
        "Correct more, so that it learns."
    ),
    mark(
        "{right} of {reviewed} randomly chosen boxes were right. "
        "If it stays so, about {count} more random reviews could be enough."
    ),
    mark("Decided, but there is no box."),
    mark("The class {name} has no box yet."),
    mark("It has boxes, but: {problem}"),
    mark("A box of {name} in an image of {labels}."),
    mark("{name}: two boxes in the same place."),
    mark("The box reaches out of the image of {width} × {height}."),
    mark("The box is only {width} × {height} pixels."),
    mark("IoU with the proposal is only {iou}."),
)


def engine_text(text: str) -> str:
    """``text`` of the engine in the person's language, or as it is if that is not known."""
    if language() == ENGLISH or not text:
        return text
    known = tr(text)
    if known != text:
        return known
    for sentence in SENTENCES:
        found = _pattern(sentence).fullmatch(text)
        if found:
            return tr(sentence, **found.groupdict())
    before, colon, rest = text.partition(": ")  # a part of the work, a class
    return f"{engine_text(before)}: {engine_text(rest)}" if colon else text


def recognised(text: str) -> bool:
    """Whether there are words for ``text`` of the engine in every language."""
    if text in STEPS or any(_pattern(sentence).fullmatch(text) for sentence in SENTENCES):
        return True
    before, colon, rest = text.partition(": ")
    return bool(colon) and bool(before) and recognised(rest)


def units(unit: str, number: int) -> str:
    """What the engine counts, as it goes with ``number``."""
    known = {
        "entries": plural(number, "entry", "entries"),
        "files": plural(number, "file", "files"),
        "heads": plural(number, "head", "heads"),
        "images": plural(number, "image", "images"),
        "pictures": plural(number, "picture", "pictures"),
        "rows": plural(number, "row", "rows"),
        "steps": plural(number, "step", "steps"),
    }
    return known.get(unit, unit)


@cache
def _pattern(sentence: str) -> re.Pattern[str]:
    return re.compile(_HOLE.sub(r"(?P<\1>.+?)", re.escape(sentence)), re.DOTALL)
