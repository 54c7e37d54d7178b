"""Boxes of a file on their way into a project: in temporary tables that go with the connection.

A file may name its boxes in any order and be larger than the memory. Nobody else sees or waits
for these tables; ``imports`` moves what they hold into the project by statements on whole tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from operator import le
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    and_,
    delete,
    func,
    select,
)

from engine.store.bulk_rows import insert_tuples

_metadata = MetaData()


def _table(name: str, *columns: Column[Any]) -> Table:
    return Table(f"staged_{name}", _metadata, *columns, prefixes=["TEMPORARY"])


boxes = _table(
    "boxes",
    Column("id", Integer, primary_key=True),
    Column("image_id", Integer, nullable=False),
    Column("class_number", Integer, nullable=False),
    *[Column(name, Float, nullable=False) for name in ("xmin", "ymin", "xmax", "ymax")],
    Column("score", Float),
    Column("number", Integer),
    Column("file", Integer, nullable=False),
    Column("place", String, nullable=False),
)
# ``is_empty``: the file says that the image holds no box; one without may be neither that nor
# ``has_boxes``. ``is_kept``: stays as it is.
images = _table(
    "images",
    Column("image_id", Integer, primary_key=True, autoincrement=False),
    Column("state", String),
    Column("split", String),
    Column("is_empty", Boolean, nullable=False),
    Column("has_boxes", Boolean, nullable=False),
    Column("is_kept", Boolean, nullable=False),
)
classes = _table(
    "classes",
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("class_id", Integer, nullable=False),
)
# Boxes that the project has already, each with the row that says the same.
present = _table(
    "present",
    Column("box_id", Integer, primary_key=True, autoincrement=False),
    Column("old_id", Integer, nullable=False),
)
# Rows of the project that go.
going = _table("going", Column("id", Integer, primary_key=True, autoincrement=False))
# Images some of whose boxes come or go.
touched = _table("touched", Column("image_id", Integer, primary_key=True, autoincrement=False))
# Names of files, each once; ``boxes.file`` is a row of it.
_files = _table("files", Column("id", Integer, primary_key=True), Column("name", String))
_problems = _table(
    "problems",
    Column("id", Integer, primary_key=True),
    Column("file", String, nullable=False),
    Column("place", String, nullable=False),
    Column("message", String, nullable=False),
    Column("stops", Boolean, nullable=False),
)
_BOX_NAMES = tuple(column.name for column in boxes.c if column.name != "id")
_PROBLEM_NAMES = ("file", "place", "message", "stops")
_BATCH = 5000
#: Image id, class number, corners in half-open pixels, score, own id in the file, file (by its
#: number, see ``Staging.file``), place.
StagedRow = tuple[int, int, float, float, float, float, float | None, int | None, int, str]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that cannot be used, and where.

    ``stops`` is False for what no one has to correct: an image that the project has not.
    """

    file: str
    place: str
    message: str
    stops: bool = True


@dataclass(frozen=True, slots=True)
class StagedImage:
    """What a file says of one image beside its boxes.

    ``state`` is for annotations only, None says nothing; ``is_empty``: it is known to have none.
    """

    image_id: int
    state: str | None = None
    split: str | None = None
    is_empty: bool = False


class Staging:
    """Fills the tables of one connection of ``Project.staging``."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        _metadata.create_all(conn, checkfirst=False)
        conn.commit()
        self._waiting: list[StagedRow] = []
        self._troubles: list[tuple[object, ...]] = []
        self._named: list[tuple[object, ...]] = []
        self._files = 0
        self._repeats = _Repeats()

    @property
    def connection(self) -> Connection:
        return self._conn

    @property
    def with_boxes(self) -> set[int]:
        """Ids of the images with a box."""
        self._flush()
        return self._repeats.images

    def add(self, row: StagedRow) -> None:
        """One box. Its class number is whatever the caller knows the class by."""
        self._waiting.append(row)
        if len(self._waiting) >= _BATCH:
            self._flush()

    def file(self, name: str) -> int:
        """The number by which rows name a file."""
        self._files += 1
        self._named.append((self._files, name))
        return self._files

    def add_problem(self, problem: Problem) -> None:
        self._troubles.append(astuple(problem))
        if len(self._troubles) >= _BATCH:
            self._flush()

    def set_images(self, found: Iterable[StagedImage]) -> None:
        """Say what there is to know of the images, those with a box among them; after all boxes."""
        self._flush()
        own = self.with_boxes
        rows = [(i.image_id, i.state, i.split, i.is_empty, i.image_id in own, False) for i in found]
        insert_tuples(self._conn, images, [column.name for column in images.c], rows)
        self._conn.commit()

    def set_classes(self, ids: Sequence[int]) -> None:
        """The class of each class number."""
        self._flush()
        self._conn.execute(delete(classes))
        insert_tuples(self._conn, classes, ["number", "class_id"], list(enumerate(ids)))

    def drop_repeated(self) -> None:
        """Take out boxes that are there already: the same number, or the same class and place."""
        self._flush()
        if self._repeats.numbers:
            self._drop((boxes.c.number,), "The id {} is there already.")
        if self._repeats.boxes:
            corners = (boxes.c.xmin, boxes.c.ymin, boxes.c.xmax, boxes.c.ymax)
            columns = (boxes.c.image_id, boxes.c.class_number, *corners)
            self._drop(columns, "The same box is there already.")
        self._conn.commit()

    def boxes_per_class(self) -> Counter[int]:
        self._flush()
        query = select(boxes.c.class_number, func.count()).group_by(boxes.c.class_number)
        return Counter(dict(self._conn.execute(query).all()))

    def problem_count(self) -> int:
        """How many stop."""
        self._flush()
        query = select(func.count()).select_from(_problems).where(_problems.c.stops)
        return int(self._conn.execute(query).scalar_one())

    def problems(self, stops: bool = True, limit: int | None = None) -> Iterator[Problem]:
        """Those that stop, or those that do not, in the order they were found."""
        self._flush()
        columns = (_problems.c[name] for name in _PROBLEM_NAMES)
        query = select(*columns).where(_problems.c.stops.is_(stops))
        query = query.order_by(_problems.c.id).limit(limit)
        for row in self._conn.execute(query.execution_options(yield_per=1000)):
            yield Problem(*row)

    def _flush(self) -> None:
        self._repeats.note(self._waiting)
        for table, names, rows in (
            (_files, ("id", "name"), self._named),
            (boxes, _BOX_NAMES, self._waiting),
            (_problems, _PROBLEM_NAMES, self._troubles),
        ):
            if rows:
                insert_tuples(self._conn, table, names, rows)
                rows.clear()

    def _drop(self, columns: Sequence[Column[Any]], message: str) -> None:
        """Of the boxes that agree in ``columns`` (none of them null) keep the first."""
        known = and_(*(column.is_not(None) for column in columns))
        first = select(func.min(boxes.c.id)).where(known).group_by(*columns)
        again = and_(known, boxes.c.id.not_in(first))
        query = select(boxes.c.id, boxes.c.number, _files.c.name, boxes.c.place)
        query = query.join(_files, _files.c.id == boxes.c.file)
        last = 0
        ordered = query.where(again).order_by(boxes.c.id).limit(_BATCH)
        while found := self._conn.execute(ordered.where(boxes.c.id > last)).all():
            for row in found:
                self.add_problem(Problem(row.name, row.place, message.format(row.number)))
            last = found[-1].id
        self._conn.execute(delete(boxes).where(again))


class _Repeats:
    """Whether any box may be there twice, told while they come: most files have none, and looking
    for them among a million takes as long as taking them in."""

    def __init__(self) -> None:
        self.images: set[int] = set()
        self.numbers = self.boxes = False
        self._last_number, self._last_image = -(2**63), 0
        self._of_last_image: set[tuple[object, ...]] = set()

    def note(self, rows: Sequence[StagedRow]) -> None:
        """A batch of them, in their order."""
        if not rows:
            return
        self._note_numbers([row[7] for row in rows if row[7] is not None])
        said = {row[:6] for row in rows}
        came = {row[0] for row in rows}
        # Of an image that comes again later it is not remembered what there was.
        again = (came & self.images) - {self._last_image}
        if len(said) < len(rows) or again or not said.isdisjoint(self._of_last_image):
            self.boxes = True
        self.images |= came
        if rows[-1][0] != self._last_image:
            self._last_image, self._of_last_image = rows[-1][0], set()
        self._of_last_image.update(row for row in said if row[0] == self._last_image)

    def _note_numbers(self, numbers: Sequence[int]) -> None:
        if any(map(le, numbers, (self._last_number, *numbers))):
            self.numbers = True
        if numbers:
            self._last_number = numbers[-1]
