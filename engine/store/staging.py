"""Boxes of a file on their way into a project: in a private database that goes with the process.

A file may name its boxes in any order and be larger than the memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from itertools import groupby
from operator import itemgetter
from types import TracebackType
from typing import Any, Self

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    and_,
    delete,
    func,
    insert,
    select,
)

from engine.domain.geometry import Box
from engine.store.sqlite import make_scratch_engine

_metadata = MetaData()
_boxes = Table(
    "boxes",
    _metadata,
    Column("id", Integer, primary_key=True),
    Column("image_id", Integer, nullable=False),
    Column("class_number", Integer, nullable=False),
    *[Column(name, Float, nullable=False) for name in ("xmin", "ymin", "xmax", "ymax")],
    Column("score", Float),
    Column("number", Integer),
    Column("file", Integer, nullable=False),
    Column("place", String, nullable=False),
)
# Names of files, each once; ``boxes.file`` is a row of it.
_files = Table("files", _metadata, Column("id", Integer, primary_key=True), Column("name", String))
_by_image = Index("by_image", _boxes.c.image_id)
_problems = Table(
    "problems",
    _metadata,
    Column("id", Integer, primary_key=True),
    Column("file", String, nullable=False),
    Column("place", String, nullable=False),
    Column("message", String, nullable=False),
    Column("stops", Boolean, nullable=False),
)
_BATCH = 5000


@dataclass(slots=True)
class StagedBox:
    """One box for one image of the project. Not frozen: a million are made.

    ``number`` is the id that the file gives it, if it gives one; ``class_number`` is whatever the
    caller knows the class by; ``file`` and ``place`` tell where it stands.
    """

    image_id: int
    class_number: int
    box: Box
    score: float | None
    number: int | None
    file: str
    place: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that cannot be used, and where.

    ``stops`` is False for what no one has to correct: an image that the project has not.
    """

    file: str
    place: str
    message: str
    stops: bool = True


class Staging:
    """A context manager; everything in it is gone at its end."""

    def __init__(self) -> None:
        self._engine = make_scratch_engine()
        self._conn = self._engine.connect()
        _metadata.create_all(self._conn)
        _by_image.drop(self._conn)  # made anew when all is in: sorted once, not box by box
        self._waiting: list[tuple[object, ...]] = []
        self._file, self._file_id = "", 0
        self._troubles: list[tuple[object, ...]] = []

    def add(self, staged: StagedBox) -> None:
        if staged.file != self._file or not self._file_id:
            self._file = staged.file
            found = self._conn.execute(insert(_files).values(name=self._file))
            (self._file_id,) = found.inserted_primary_key or (0,)
        s, b = staged, staged.box
        corners = (b.xmin, b.ymin, b.xmax, b.ymax)
        row = (s.image_id, s.class_number, *corners, s.score, s.number, self._file_id, s.place)
        self._waiting.append(row)
        if len(self._waiting) >= _BATCH:
            self._flush()

    def add_problem(self, problem: Problem) -> None:
        self._troubles.append(astuple(problem))
        if len(self._troubles) >= _BATCH:
            self._flush()

    def drop_repeated(self) -> None:
        """Take out boxes that are there already: the same number, or the same class and place."""
        self._flush()
        columns = (_boxes.c.image_id, _boxes.c.class_number, *_corners())
        self._drop((_boxes.c.number,), "The id {} is there already.")
        self._drop(columns, "The same box is there already.")

    def images(self) -> Iterator[tuple[int, list[StagedBox]]]:
        """Image id and its boxes in the order of the file, image by image."""
        self._flush()
        _by_image.create(self._conn, checkfirst=True)
        columns = [_files.c.name if c is _boxes.c.file else c for c in _boxes.c if c.name != "id"]
        query = select(*columns).join(_files, _files.c.id == _boxes.c.file)
        query = query.order_by(_boxes.c.image_id, _boxes.c.id)
        rows = self._conn.execute(query.execution_options(yield_per=1000))
        for image_id, group in groupby(rows, key=itemgetter(0)):
            yield image_id, [_staged(row) for row in group]

    def boxes_per_class(self) -> Counter[int]:
        self._flush()
        query = select(_boxes.c.class_number, func.count()).group_by(_boxes.c.class_number)
        return Counter(dict(self._conn.execute(query).all()))

    def image_count(self) -> int:
        """How many images have a box."""
        self._flush()
        query = select(func.count(_boxes.c.image_id.distinct()))
        return int(self._conn.execute(query).scalar_one())

    def problem_count(self) -> int:
        """How many stop."""
        self._flush()
        query = select(func.count()).select_from(_problems).where(_problems.c.stops)
        return int(self._conn.execute(query).scalar_one())

    def problems(self, stops: bool = True, limit: int | None = None) -> Iterator[Problem]:
        """Those that stop, or those that do not, in the order they were found."""
        self._flush()
        columns = (_problems.c.file, _problems.c.place, _problems.c.message, _problems.c.stops)
        query = select(*columns).where(_problems.c.stops.is_(stops))
        query = query.order_by(_problems.c.id).limit(limit)
        for row in self._conn.execute(query.execution_options(yield_per=1000)):
            yield Problem(*row)

    def close(self) -> None:
        self._conn.close()
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _flush(self) -> None:
        for table, rows in ((_boxes, self._waiting), (_problems, self._troubles)):
            if rows:
                names = [column.name for column in table.c if column.name != "id"]
                marks = ", ".join("?" * len(names))
                # The driver's own way, since a statement is made a million times here.
                self._conn.exec_driver_sql(
                    f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})", rows
                )
                rows.clear()

    def _drop(self, columns: Sequence[Column[Any]], message: str) -> None:
        """Of the boxes that agree in ``columns`` (none of them null) keep the first."""
        known = and_(*(column.is_not(None) for column in columns))
        first = select(func.min(_boxes.c.id)).where(known).group_by(*columns)
        again = and_(known, _boxes.c.id.not_in(first))
        query = select(_boxes.c.id, _boxes.c.number, _files.c.name, _boxes.c.place)
        query = query.join(_files, _files.c.id == _boxes.c.file)
        last = 0
        ordered = query.where(again).order_by(_boxes.c.id).limit(_BATCH)
        while found := self._conn.execute(ordered.where(_boxes.c.id > last)).all():
            for row in found:
                self.add_problem(Problem(row.name, row.place, message.format(row.number)))
            last = found[-1].id
        self._conn.execute(delete(_boxes).where(again))


def _staged(row: Sequence[Any]) -> StagedBox:
    image_id, class_number, xmin, ymin, xmax, ymax, score, number, file, place = row
    box = Box(xmin, ymin, xmax, ymax)
    return StagedBox(image_id, class_number, box, score, number, file, place)


def _corners() -> tuple[Column[float], ...]:
    return (_boxes.c.xmin, _boxes.c.ymin, _boxes.c.xmax, _boxes.c.ymax)
