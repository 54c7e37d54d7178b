"""The colours on the picture. Each has one meaning, and a line style of its own beside it.

The picture is the same in a light and a dark window, so its boxes keep the same bright colours.
"""

from __future__ import annotations

from PySide6.QtGui import QColor

from app.theme import DARK

# In the review the colour of a box is that of its class (``app.models.class_colours``), and the
# line tells whose it is: dashed for proposals, solid for a person's. Where several kinds of boxes
# of one object are compared (why view, report) the colour tells whose it is, as in the paper.
PROPOSAL = QColor(DARK.proposal)  # dashed
ANNOTATION = QColor(DARK.annotation)  # solid
NO_CLASS = QColor(DARK.annotation)  # of a class that is not known (any more)
CASING = QColor(0, 0, 0, 150)  # beneath every line, so that it shows on any picture
CHIP = QColor(16, 17, 19, 205)  # behind labels
CHIP_TEXT = QColor(244, 244, 244)
HANDLE = QColor(255, 255, 255)
#: Around the picture, by whether the window is dark; darker than most pictures in either, so that
#: the picture is the bright thing.
STAGES = {True: QColor(DARK.canvas), False: QColor(102, 107, 113)}
HEAT_MAP = "inferno"  # perceptually uniform
