"""Many small files, written here or by a process beside: the same files, the same errors."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from engine.domain.errors import JobCancelled
from engine.exchange import many_files as module
from engine.exchange.many_files import many_files


@pytest.fixture(params=["here", "beside"])
def expected(request) -> int:
    """How many files are told to come."""
    return 1 if request.param == "here" else module.MANY


def test_writes_what_it_is_given(tmp_path, expected):
    content = {f"a/{number} ä'\".txt": os.urandom(number * 37) for number in range(300)}
    content["a/large"] = os.urandom(3 << 20)
    (tmp_path / "a").mkdir()
    with many_files(tmp_path, expected) as write:
        for name, data in content.items():
            write(name, data)
    found = {p.relative_to(tmp_path).as_posix(): p.read_bytes() for p in tmp_path.glob("a/*")}
    assert found == content


def test_nothing_is_written_over_and_the_file_is_named(tmp_path, expected):
    (tmp_path / "there").write_bytes(b"mine")
    more = {str(number): bytes(10_000) for number in range(200)}  # more than the pipe holds
    with pytest.raises(OSError, match="exists") as caught:
        _write(tmp_path, expected, {"there": b"other"} | more)
    assert caught.value.errno == errno.EEXIST
    assert caught.value.filename == f"{tmp_path}/there"
    assert (tmp_path / "there").read_bytes() == b"mine"
    assert not _children()


def test_an_error_is_told_when_only_the_last_file_fails(tmp_path, expected):
    with pytest.raises(FileNotFoundError):
        _write(tmp_path, expected, {"no folder/a": b""})


def test_stops_with_the_block(tmp_path):
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _write(tmp_path, module.MANY, {"a": b"1"}, stop)
    assert not _children()


def test_an_interrupted_write_is_no_other_error(tmp_path):
    """What the buffer still holds goes nowhere when the process has been killed."""

    with pytest.raises(JobCancelled), many_files(tmp_path, module.MANY) as write:
        _leave_in_the_buffer(write)
    assert not _children()


def _leave_in_the_buffer(write: module.Write) -> None:
    _kill_children()
    write.__self__._source.write(b"half a head")  # type: ignore[attr-defined]
    raise JobCancelled


def test_a_killed_process_is_an_error(tmp_path):
    with pytest.raises(OSError, match="has ended"):
        _write(tmp_path, module.MANY, {"a": bytes(200_000)}, _kill_children)


def _write(
    folder: Path, expected: int, content: dict[str, bytes], after: Callable[[], None] | None = None
) -> None:
    with many_files(folder, expected) as write:
        for name, data in content.items():
            write(name, data)
        if after is not None:
            after()


def _kill_children() -> None:
    for child in _children():
        child.kill()
        child.wait()


def _children() -> list[psutil.Process]:
    return psutil.Process().children()
