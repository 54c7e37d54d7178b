"""Commands of the review: what is decided about an image."""

from __future__ import annotations

from app.commands.spec import ActionSpec, Scope, review
from app.i18n import mark

EDIT = (
    ActionSpec("edit.undo", mark("Undo"), ("Ctrl+Z",), icon="undo"),
    ActionSpec("edit.redo", mark("Redo"), ("Ctrl+Y", "Ctrl+Shift+Z"), icon="redo"),
    ActionSpec(
        "edit.history", mark("&History…"), ("Ctrl+Alt+Z",), tip=mark("Go back to any point")
    ),
    ActionSpec(
        "class.edit", mark("&Classes…"), ("Ctrl+K",), tip=mark("Add, rename, merge, recolour")
    ),
)

REVIEW = (
    review(
        "review.accept",
        mark("&Accept and go on"),
        "Space",
        icon="accept",
        tip=mark("Accept the boxes as they are and go to the next image"),
        repeats=False,
    ),
    review(
        "review.reject",
        mark("Re&ject"),
        "X",
        icon="reject",
        tip=mark("This image gets no box"),
        repeats=False,
    ),
    review("review.skip", mark("&Skip"), "S", icon="skip", tip=mark("Decide later"), repeats=False),
    review("review.reset", mark("Back to &unreviewed"), "U", repeats=False),
    review("review.next", mark("&Next image"), "D", icon="next"),
    review("review.previous", mark("&Previous image"), "A", icon="previous"),
    review(
        "review.next_unreviewed", mark("Next un&reviewed image"), "Ctrl+D", icon="next_unreviewed"
    ),
    ActionSpec(
        "review.lane",
        mark("One &class at a time"),
        ("Ctrl+L",),
        Scope.REVIEW,
        tip=mark("Go through the unreviewed images class by class"),
        checkable=True,
        repeats=False,
    ),
    review(
        "review.next_class",
        mark("Next class"),
        "Ctrl+PgDown",
        tip=mark("Go on with the next class"),
    ),
    review("review.label", mark("&Image labels…"), "L", tip=mark("Give the image other labels")),
    review(
        "review.note", mark("N&ote…"), "N", tip=mark("Write a note about the image"), repeats=False
    ),
    ActionSpec(
        "review.checks", mark("Chec&ks…"), ("Ctrl+Shift+K",), tip=mark("List what looks wrong")
    ),
    review("review.search", mark("&Find an image"), "Ctrl+Shift+F", "/", tip=mark("Search names")),
)

THRESHOLD = (
    review("threshold.lower", mark("&Lower the threshold"), "[", tip=mark("Larger proposed boxes")),
    review(
        "threshold.raise", mark("Ra&ise the threshold"), "]", tip=mark("Smaller proposed boxes")
    ),
)
