"""What the tabs of the why view share: a sheet that is filled only while it is seen."""

from __future__ import annotations

from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.why.desk import WhyDesk
from app.why.lens import Lens
from app.why.rows import Ground
from app.why.sheet_place import SheetPlace


class Tab(QWidget):
    """A tab asks and paints once it is shown, and again at every change while it is."""

    def __init__(self, desk: WhyDesk, lens: Lens, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.place = SheetPlace(lens)
        self._over = True
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(0)
        self.setFocusProxy(self.place)
        desk.image_changed.connect(self._if_seen)
        desk.view_changed.connect(self._if_seen)
        desk.marks_changed.connect(self.on_marks)

    @property
    def seen(self) -> bool:
        return self.desk.active and self.isVisible()

    def ground(self) -> Ground:
        return Ground(self.desk.size, self.desk.photo, self.desk.marks, self._over)

    def set_over(self, over: bool) -> None:
        """Lay the maps over the photograph, or show them alone."""
        self._over = over
        self._if_seen()

    def fill(self) -> None:
        """Show what is known by now; ask for what is not."""
        raise NotImplementedError

    def on_marks(self) -> None:
        """Boxes have moved: nothing but them is painted anew."""
        self.place.sheet.update()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._if_seen()

    def hideEvent(self, event: QHideEvent) -> None:
        self.place.wait(False)
        super().hideEvent(event)

    def _if_seen(self) -> None:
        if self.seen:
            self.fill()
