"""What one run sees: class maps, and every insertion point's maps and masks."""

from __future__ import annotations

from app.i18n import mark, tr
from app.why.desk import WhyDesk
from app.why.lens import Lens
from app.why.rows import map_rows
from app.why.sheet_layout import Row
from app.why.tabs import Tab
from app.widgets import label

BORROWED = mark(
    "This run was trained without DGDM. The masks are what DGDM by its defaults would make of "
    "its features; nothing was dropped while it learned."
)
NO_POINTS = mark("The network of this run has no insertion points, so there are no masks to show.")
KEPT_ALL = mark("In this draw the importance map was used, not the drop mask. N draws again.")


class MapsTab(Tab):
    """The sheet of the chosen run; ``note`` says what must be known to read it."""

    def __init__(self, desk: WhyDesk, lens: Lens) -> None:
        super().__init__(desk, lens)
        self.note = label("", "muted", wrap=True)
        self.note.setContentsMargins(16, 10, 16, 0)
        self.column.addWidget(self.note)
        self.column.addWidget(self.place, 1)

    def fill(self) -> None:
        desk = self.desk
        self.note.setVisible(desk.view is not None and not desk.problem)
        if desk.problem:
            self.place.show_message(desk.problem)
        elif desk.view is None:
            self.place.show_rows([Row([self.ground().input(tr("Image"))])] if desk.photo else ())
            self.place.wait(True)
        else:
            self.place.wait(False)
            self.note.setText(self._note())
            self.note.setVisible(bool(self.note.text()))
            self.place.show_rows(map_rows(desk.view, self.ground()))

    def _note(self) -> str:
        view = self.desk.view
        assert view is not None
        if not view.points:
            return tr(NO_POINTS)
        if not view.has_own_masks:
            return tr(BORROWED)
        return "" if any(point.erasing for point in view.points) else tr(KEPT_ALL)
