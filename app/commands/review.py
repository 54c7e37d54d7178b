"""Commands of the review: what is decided about an image."""

from __future__ import annotations

from app.commands.spec import ActionSpec, Scope, review

EDIT = (
    ActionSpec("edit.undo", "Undo", ("Ctrl+Z",), icon="undo"),
    ActionSpec("edit.redo", "Redo", ("Ctrl+Y", "Ctrl+Shift+Z"), icon="redo"),
    ActionSpec("edit.history", "&History…", ("Ctrl+Alt+Z",), tip="Go back to any point"),
    ActionSpec("class.edit", "&Classes…", ("Ctrl+K",), tip="Add, rename, merge, recolour"),
)

REVIEW = (
    review(
        "review.accept",
        "&Accept and go on",
        "Space",
        icon="accept",
        tip="Accept the boxes as they are and go to the next image",
        repeats=False,
    ),
    review(
        "review.reject",
        "Re&ject",
        "X",
        icon="reject",
        tip="This image gets no box",
        repeats=False,
    ),
    review("review.skip", "&Skip", "S", icon="skip", tip="Decide later", repeats=False),
    review("review.reset", "Back to &unreviewed", "U", repeats=False),
    review("review.next", "&Next image", "D", icon="next"),
    review("review.previous", "&Previous image", "A", icon="previous"),
    review("review.next_unreviewed", "Next un&reviewed image", "Ctrl+D", icon="next_unreviewed"),
    ActionSpec(
        "review.lane",
        "One &class at a time",
        ("Ctrl+L",),
        Scope.REVIEW,
        tip="Go through the unreviewed images class by class",
        checkable=True,
        repeats=False,
    ),
    review("review.next_class", "Next class", "Ctrl+PgDown", tip="Go on with the next class"),
    review("review.label", "&Image labels…", "L", tip="Give the image other labels"),
    review("review.note", "&Note…", "N", tip="Write a note about the image", repeats=False),
    ActionSpec("review.checks", "Chec&ks…", ("Ctrl+Shift+K",), tip="List what looks wrong"),
    review("review.search", "&Find an image", "Ctrl+Shift+F", "/", tip="Search names"),
)

THRESHOLD = (
    review("threshold.lower", "&Lower the threshold", "[", tip="Larger proposed boxes"),
    review("threshold.raise", "Rai&se the threshold", "]", tip="Smaller proposed boxes"),
)
