"""Where boxes can be grabbed and what dragging does, by numbers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.canvas.grips import REACH, Grip, dragged, grip_at, hit, spanned
from engine.domain.geometry import Box

WIDTH, HEIGHT = 200, 100
xs = st.floats(0, WIDTH, allow_nan=False)
ys = st.floats(0, HEIGHT, allow_nan=False)
deltas = st.floats(-400, 400, allow_nan=False)
grips = st.sampled_from(
    [Grip.MOVE, Grip.LEFT, Grip.RIGHT, Grip.TOP, Grip.BOTTOM, Grip.LEFT | Grip.TOP]
)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    box = Box(draw(xs), draw(ys), draw(xs), draw(ys)).normalised()
    return Box(box.xmin, box.ymin, max(box.xmax, box.xmin + 1), max(box.ymax, box.ymin + 1))


@given(boxes(), grips, deltas, deltas)
def test_a_dragged_box_has_extent_and_stays_inside(
    box: Box, grip: Grip, dx: float, dy: float
) -> None:
    inside = (
        Box(min(box.xmin, WIDTH - 1.0), min(box.ymin, HEIGHT - 1.0), WIDTH, HEIGHT)
        if box.xmax > WIDTH or box.ymax > HEIGHT
        else box
    )
    result = dragged(inside, grip, dx, dy, WIDTH, HEIGHT)
    assert result.has_extent
    assert result.clipped(WIDTH, HEIGHT) == result


@given(boxes(), deltas, deltas)
def test_moving_keeps_the_size(box: Box, dx: float, dy: float) -> None:
    moved = dragged(box, Grip.MOVE, dx, dy, WIDTH + 1, HEIGHT + 1)
    assert abs(moved.width - box.width) < 1e-9 * max(1.0, WIDTH)
    assert abs(moved.height - box.height) < 1e-9 * max(1.0, WIDTH)


@given(xs, ys, xs, ys)
def test_a_spanned_box_holds_both_corners_on_whole_pixels(
    x0: float, y0: float, x1: float, y1: float
) -> None:
    box = spanned(x0, y0, x1, y1, WIDTH, HEIGHT)
    assert box.as_tuple() == tuple(map(float, map(round, box.as_tuple())))
    assert box.xmin <= min(x0, x1)
    assert box.xmax >= max(x0, x1)
    assert box.ymin <= min(y0, y1)
    assert box.ymax >= max(y0, y1)


def test_however_small_a_box_appears_its_middle_and_its_edges_can_be_grabbed() -> None:
    tiny = Box(50, 50, 54, 54)
    assert grip_at(tiny, 52, 52) == Grip.MOVE
    assert grip_at(tiny, 54 + REACH - 1, 52) == Grip.RIGHT
    assert grip_at(tiny, 50 - REACH + 1, 50 - REACH + 1) == Grip.LEFT | Grip.TOP
    assert grip_at(tiny, 54 + REACH + 1, 52) is None


def test_the_selected_edge_wins_then_any_edge_then_the_smallest_inside() -> None:
    big, small = Box(0, 0, 100, 100), Box(40, 40, 60, 60)
    inside = hit([big, small], (), 50, 50)
    assert inside is not None
    assert (inside.index, inside.grip) == (1, Grip.MOVE)
    only_big = hit([big, small], (), 20, 20)
    assert only_big is not None
    assert (only_big.index, only_big.grip) == (0, Grip.MOVE)
    same_edge = [Box(0, 0, 100, 100), Box(0, 0, 50, 100)]
    for chosen in (0, 1):
        found = hit(same_edge, {chosen}, 0, 30)
        assert found is not None
        assert (found.index, found.grip) == (chosen, Grip.LEFT)
    assert hit([big], (), 300, 300) is None
