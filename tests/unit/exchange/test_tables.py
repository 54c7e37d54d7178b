from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.errors import InputError, StorageError
from engine.domain.geometry import Box
from engine.exchange.tables import BoxRow, read_boxes, read_splits, write_boxes, write_splits

HEADER = "image,class,width,height,xmin,ymin,xmax,ymax\n"
GOOD = "a/x.jpg,cat,100,50,1,2,30.5,40\n"


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "boxes.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_reads_a_table(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + GOOD + '"b/ü, ""y"".jpg",dog,10,10,0,0,10,10\n\n')
    assert read_boxes(path) == [
        BoxRow("a/x.jpg", "cat", 100, 50, Box(1, 2, 30.5, 40)),
        BoxRow('b/ü, "y".jpg', "dog", 10, 10, Box(0, 0, 10, 10)),
    ]


def test_byte_order_mark_windows_lines_and_more_columns(tmp_path: Path) -> None:
    text = "\ufeffnote,ymax,image,class,width,height,xmin,ymin,xmax\r\n"
    text += "hi,40,./a//x.jpg,cat,100,50,1,2,30.5\r\n"
    assert read_boxes(write(tmp_path, text)) == [
        BoxRow("a/x.jpg", "cat", 100, 50, Box(1, 2, 30.5, 40))
    ]


def test_header_alone_is_an_empty_table(tmp_path: Path) -> None:
    assert read_boxes(write(tmp_path, HEADER)) == []


def test_rounding_at_the_edge_is_cut(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + "x.jpg,cat,100,50,-0.004,0,100.005,50\n")
    assert read_boxes(path)[0].box == Box(0, 0, 100, 50)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "lacks image, class"),
        ("picture,label\n", 1, "lacks image, class, width"),
        (HEADER.replace(",ymax", ""), 1, "lacks ymax"),
        (HEADER.replace(",", ";"), 1, "lacks"),
        (HEADER.replace("\n", ",image\n"), 1, "twice"),
        (HEADER + GOOD + "a/x.jpg,cat,100,50,1,2,30\n", 3, "7 fields"),
        (HEADER + GOOD + "a/x.jpg,cat,100,50,1,2,30,40,50\n", 3, "9 fields"),
        (HEADER + "a/x.jpg,cat,100,50,1,2,nan,40\n", 2, "xmax is 'nan'"),
        (HEADER + "a/x.jpg,cat,100,50,1,2,inf,40\n", 2, "xmax is 'inf'"),
        (HEADER + "a/x.jpg,cat,100,50,one,2,3,40\n", 2, "xmin is 'one'"),
        (HEADER + "a/x.jpg,cat,100,50,,2,3,40\n", 2, "xmin is ''"),
        (HEADER + "a/x.jpg,cat,100.5,50,1,2,3,40\n", 2, "width is '100.5'"),
        (HEADER + "a/x.jpg,cat,0,50,1,2,3,40\n", 2, "width is '0'"),
        (HEADER + "a/x.jpg,cat,100,-50,1,2,3,40\n", 2, "height is '-50'"),
        (HEADER + "a/x.jpg,cat,100,50,3,2,3,40\n", 2, "no extent"),
        (HEADER + "a/x.jpg,cat,100,50,5,2,3,40\n", 2, "no extent"),
        (HEADER + "a/x.jpg,cat,100,50,1,2,101,40\n", 2, "leaves the image of 100 x 50"),
        (HEADER + "a/x.jpg,cat,100,50,-1,2,11,40\n", 2, "leaves the image"),
        (HEADER + "a/x.jpg,cat,100,50,100,2,100.001,40\n", 2, "leaves the image"),
        (HEADER + "a/x.jpg,,100,50,1,2,3,4\n", 2, "class is empty"),
        (HEADER + GOOD + GOOD, 3, "same as line 2"),
        (HEADER + GOOD + "a/x.jpg,cat,100,60,1,2,3,4\n", 3, "another on line 2"),
        (HEADER + "/a/x.jpg,cat,100,50,1,2,3,4\n", 2, "absolute"),
        (HEADER + "C:\\x.jpg,cat,100,50,1,2,3,4\n", 2, "absolute"),
        (HEADER + GOOD + "a/../../x.jpg,cat,100,50,1,2,3,4\n", 3, "climbs"),
        (HEADER + "..\\x.jpg,cat,100,50,1,2,3,4\n", 2, "climbs"),
        (HEADER + ",cat,100,50,1,2,3,4\n", 2, "empty"),
        (HEADER.encode() + GOOD.encode() + b"\xff\xfe.jpg,cat,1,1,0,0,1,1\n", 3, "not UTF-8"),
        ((HEADER + GOOD).encode("utf-16"), 1, "not UTF-8"),
        (HEADER + '"a"b,cat,100,50,1,2,3,4\n', 2, "Not CSV"),
        (HEADER + "x" * 200_000 + ",cat,100,50,1,2,3,4\n", 2, "Not CSV"),
        (HEADER + GOOD + '"a/x.jpg,cat,100,50,1,2,3,4\n', 3, "Not CSV"),
    ],
)
def test_wrong_tables_name_file_and_line(
    text: str | bytes, line: int, message: str, tmp_path: Path
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(InputError) as caught:
        read_boxes(path)
    assert message in caught.value.message
    assert caught.value.path == str(path)
    assert caught.value.place == f"line {line}"


def test_missing_file_and_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            read_boxes(path)


def test_splits(tmp_path: Path) -> None:
    path = write(tmp_path, "image,class,split,origin\na/x.jpg,cat,train,1\nb.jpg,dog, test ,2\n")
    assert read_splits(path) == {"a/x.jpg": "train", "b.jpg": "test"}


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("image,class\na,b\n", 1, "lacks split"),
        ("image,class,split\na.jpg,cat,train\na.jpg,cat,test\n", 3, "on line 2 already"),
        ("image,class,split\na.jpg,cat,train\n./a.jpg,cat,train\n", 3, "on line 2 already"),
        ("image,class,split\na.jpg,cat,\n", 2, "split is empty"),
        ("image,class,split\n../a.jpg,cat,train\n", 2, "climbs"),
    ],
)
def test_wrong_splits_name_file_and_line(
    text: str, line: int, message: str, tmp_path: Path
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(InputError) as caught:
        read_splits(path)
    assert message in caught.value.message
    assert (caught.value.path, caught.value.place) == (str(path), f"line {line}")


def test_written_table_to_the_byte(tmp_path: Path) -> None:
    rows = [
        BoxRow("a/x.jpg", "cat", 100, 50, Box(1.0, 2.25, 30.5, 40.0)),
        BoxRow('b,"c".jpg', "dog", 9, 9, Box(0.1, 0, 9, 9)),
    ]
    write_boxes(rows, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes() == (
        HEADER + 'a/x.jpg,cat,100,50,1,2.25,30.5,40\n"b,""c"".jpg",dog,9,9,0.1,0,9,9\n'
    ).encode()


def test_review_columns_only_where_there_is_something_to_say(tmp_path: Path) -> None:
    rows = [BoxRow("x.jpg", "cat", 9, 9, Box(0, 0, 9, 9), "accepted", 0.5, 7)]
    rows.append(BoxRow("y.jpg", "cat", 9, 9, Box(0, 0, 9, 9)))
    write_boxes(rows, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text().splitlines() == [
        HEADER.strip() + ",state,score,run",
        "x.jpg,cat,9,9,0,0,9,9,accepted,0.5,7",
        "y.jpg,cat,9,9,0,0,9,9,,,",
    ]
    assert [row.box for row in read_boxes(tmp_path / "out.csv")] == [Box(0, 0, 9, 9)] * 2


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(
    lambda text: text.strip() == text and not set(text) & set("/\\:.")
)


@st.composite
def box_rows(draw: st.DrawFn) -> BoxRow:
    width, height = draw(st.integers(1, 9999)), draw(st.integers(1, 9999))
    sides = st.floats(0, 1).map(lambda fraction: fraction)
    xs, ys = sorted([draw(sides), draw(sides)]), sorted([draw(sides), draw(sides)])
    box = Box(xs[0] * width, ys[0] * height, xs[1] * width, ys[1] * height)
    if not box.has_extent:
        box = Box(0, 0, width, height)
    return BoxRow(draw(TEXT) + f"/{width}x{height}.jpg", draw(TEXT), width, height, box)


@given(rows=st.lists(box_rows(), max_size=6, unique=True))
def test_what_was_written_reads_back_the_same(
    rows: list[BoxRow], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("tables") / "boxes.csv"
    write_boxes(rows, path)
    assert read_boxes(path) == rows


def test_written_splits_read_back(tmp_path: Path) -> None:
    write_splits([("a/x.jpg", "cat", "train"), ("b.jpg", "dog", "val")], tmp_path / "s.csv")
    assert read_splits(tmp_path / "s.csv") == {"a/x.jpg": "train", "b.jpg": "val"}


def test_failed_write_leaves_the_old_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_splits([("a.jpg", "cat", "train")], tmp_path / "s.csv")

    def no_space(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.exchange.tables.os.fsync", no_space)
    with pytest.raises(StorageError, match="No space left"):
        write_splits([("b.jpg", "cat", "test")], tmp_path / "s.csv")
    assert read_splits(tmp_path / "s.csv") == {"a.jpg": "train"}
    assert [path.name for path in tmp_path.iterdir()] == ["s.csv"]


@given(content=st.binary(max_size=300))
def test_any_bytes_give_rows_or_an_error_that_names_the_line(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = write(tmp_path_factory.mktemp("fuzz"), HEADER.encode() + content)
    place = "line 1"
    rows: list[BoxRow] = []
    try:
        rows = read_boxes(path)
    except InputError as error:
        place = error.place or ""
    assert place.startswith("line ")
    assert all(row.box.has_extent for row in rows)


@pytest.mark.shared
@pytest.mark.parametrize(("name", "boxes"), [("cub10", 543), ("mixed5", 971)])
def test_real_tables(shared_data: Path, name: str, boxes: int) -> None:
    rows = read_boxes(shared_data / name / "boxes.csv")
    assert len(rows) == boxes
    assert {row.image for row in rows} == set(read_splits(shared_data / name / "splits.csv"))
