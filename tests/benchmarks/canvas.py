"""How long the canvas takes to repaint, drag and select, with few and with many boxes.

    QT_QPA_PLATFORM=offscreen python -m tests.benchmarks.canvas [--boxes 10 100 1000] [--ratio 1]

Each figure is the median of what the window's thread works (its own CPU time) for one step, the
repaint included, in ms; beside it the 95th percentile by the clock, and the share of a frame of
16 ms. The boxes lie on the screen all at once; half of them are proposals, whose dashed lines are
the slowest to paint.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.canvas.tones import Tones
from app.canvas.view import ImageCanvas
from app.models.class_colours import CLASS_COLOURS
from app.models.shapes import Shape
from engine.domain.geometry import Box
from engine.domain.records import AnnotationOrigin

FRAME_MS = 16.0
SIZE = (4000, 3000)
WIDGET = (1280, 860)
STEPS = 40
PLAIN, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton


def picture() -> QImage:
    """A preview of 1600 x 1200 with something on it."""
    image = QImage(1600, 1200, QImage.Format.Format_RGB32)
    image.fill(QColor(90, 100, 110))
    painter = QPainter(image)
    for x in range(0, 1600, 40):
        painter.fillRect(x, 0, 20, 1200, QColor(x % 255, 120, 90))
    painter.end()
    return image


def shapes(count: int) -> list[Shape]:
    """The first one lies apart, so that it can be grabbed for certain."""
    rng = random.Random(0)
    found = [Shape(1, Box(20, 20, 200, 160), AnnotationOrigin.DRAWN)]
    while len(found) < count:
        width, height = rng.uniform(60, 400), rng.uniform(60, 360)
        x, y = rng.uniform(260, SIZE[0] - width), rng.uniform(220, SIZE[1] - height)
        origin = None if len(found) % 2 else AnnotationOrigin.CORRECTED
        box = Box(x, y, x + width, y + height)
        found.append(Shape(1 + len(found) % 3, box, origin, score=rng.random()))
    return found


class Bench:
    """A canvas on the (offscreen) screen and what is measured on it."""

    def __init__(self, count: int) -> None:
        self.canvas = ImageCanvas()
        self.canvas.resize(*WIDGET)
        self.canvas.show()
        names = {1: "great blue heron", 2: "otter", 3: "kingfisher"}
        self.canvas.boxes.set_classes(names, dict(zip(names, CLASS_COLOURS, strict=False)))
        self.canvas.show_image(picture(), *SIZE)
        self.canvas.boxes.show(shapes(count))
        self.paint()

    def paint(self) -> None:
        self.canvas.repaint()

    def move(self, at: QPoint) -> None:
        QTest.mouseMove(self.canvas, at)
        self.paint()

    def measures(self) -> dict[str, Callable[[int], None]]:
        canvas = self.canvas
        return {
            "repaint": lambda _n: self.paint(),
            "hover": lambda n: self.move(QPoint(300 + 9 * n, 200 + 7 * n)),
            "select another": lambda n: (canvas.boxes.select(frozenset({n % 10})), self.paint()),
            "pan": lambda n: (canvas.navigator.pan(3 if n % 2 else -3, 1), self.paint()),
            "zoom": lambda n: (canvas.zoom_by(1.1 if n % 2 else 1 / 1.1), self.paint()),
            "brightness": lambda n: (canvas.look.set_tones(Tones(n, 10)), self.paint()),
            "other boxes": lambda _n: (canvas.boxes.show(canvas.boxes.shapes), self.paint()),
        }

    def drag(self, several: bool) -> list[tuple[float, float]]:
        """Move the first box, or all of them, step by step."""
        canvas = self.canvas
        canvas.look.set_tones(Tones())
        canvas.fit()
        canvas.boxes.select(canvas.boxes.visible if several else frozenset({0}))
        start = canvas.to_viewport(110, 90)
        QTest.mousePress(canvas, LEFT, PLAIN, start)
        self.paint()
        took = timed(lambda n: self.move(start + QPoint(4 + n, 3 + n)))
        canvas.pointer.cancel()
        QTest.mouseRelease(canvas, LEFT, PLAIN, start)
        return took

    def band(self) -> list[tuple[float, float]]:
        """A rubber band that takes in more boxes with every step."""
        canvas = self.canvas
        canvas.boxes.select(frozenset())
        start = canvas.to_viewport(5, 5)
        QTest.mousePress(canvas, LEFT, SHIFT, start)
        took = timed(lambda n: self.move(start + QPoint(8 + 20 * n, 8 + 14 * n)))
        QTest.mouseRelease(canvas, LEFT, SHIFT, start + QPoint(500, 400))
        return took


def timed(step: Callable[[int], object]) -> list[tuple[float, float]]:
    """Milliseconds of work and by the clock for each of STEPS steps."""
    took = []
    for number in range(STEPS):
        clock, work = time.perf_counter(), time.thread_time()
        step(number)
        QApplication.processEvents()
        took.append(((time.thread_time() - work) * 1e3, (time.perf_counter() - clock) * 1e3))
    return took


def measure(count: int) -> dict[str, list[tuple[float, float]]]:
    bench = Bench(count)
    found = {name: timed(step) for name, step in bench.measures().items()}
    found["drag one"] = bench.drag(several=False)
    found["drag all"] = bench.drag(several=True)
    found["rubber band"] = bench.band()
    bench.canvas.close()
    return found


def report(counts: Sequence[int]) -> list[str]:
    columns = {count: measure(count) for count in counts}
    lines = [f"| one step of | {' | '.join(f'{c} boxes' for c in counts)} | share of a frame |"]
    lines.append(f"|---|{'---|' * (len(counts) + 1)}")
    for name in columns[counts[0]]:
        work = {c: statistics.median(w for w, _ in columns[c][name]) for c in counts}
        clock = {
            c: statistics.quantiles([k for _, k in columns[c][name]], n=20)[-1] for c in counts
        }
        cells = " | ".join(f"{work[c]:.1f} ({clock[c]:.1f})" for c in counts)
        lines.append(f"| {name} | {cells} | {work[counts[-1]] / FRAME_MS:.2f} |")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--boxes", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--ratio", type=float, default=1.0, help="device pixels per logical pixel")
    options = parser.parse_args(arguments)
    os.environ["QT_SCALE_FACTOR"] = str(options.ratio)
    app = QApplication(["canvas"])
    sys.stdout.write("\n".join(report(options.boxes)) + "\n")
    app.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main())
