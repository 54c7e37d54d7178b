"""A choice that is no wider than it must be, and says so where a name does not fit."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter, QWidget

#: Between a picture and the text, and at the text's other end, as Qt's styles leave it.
_AROUND = 8


class ShortChoice(QComboBox):
    """A combo box for names of any length.

    It asks for room for ``letters`` of them; the rest of a longer one is left out in the middle,
    where Qt with a style sheet would cut it off at the edge.
    """

    def __init__(self, name: str, letters: int = 6, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(letters)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        option.currentText = self.painted_text()
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def painted_text(self) -> str:
        """The text of the current item as far as there is room for it."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        control, part = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(control, option, part, self).width() - _AROUND
        if not option.currentIcon.isNull():
            room -= option.iconSize.width() + _AROUND
        middle = Qt.TextElideMode.ElideMiddle
        return self.fontMetrics().elidedText(option.currentText, middle, max(room, 0))
