"""Very many small files into a new folder, written by a process beside the one that makes them.

Making a file and making its text take about as long; a thread would not help, since it would wait
for the interpreter after each call of the system.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

Write = Callable[[str, bytes], None]

#: From this many files on a process is started for them: it takes a few hundredths of a second.
MANY = 2000
#: What goes to it at once, in bytes.
_BATCH = 1 << 16
_HEAD = struct.Struct("<II")
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)

#: Reads lengths of name and content, name and content, again and again; answers with what the
#: system said and the name where a file could not be written. Needs nothing but the interpreter.
_PROGRAM = f"""\
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other process sees to that
source, out, folder = sys.stdin.buffer, sys.stdout.buffer, sys.argv[1]
try:
    while head := source.read({_HEAD.size}):
        name_size, size = int.from_bytes(head[:4], "little"), int.from_bytes(head[4:], "little")
        name, content = source.read(name_size).decode(), source.read(size)
        handle = os.open(folder + "/" + name, {_NEW_FILE}, 0o666)
        try:
            while content:
                content = content[os.write(handle, content):]
        finally:
            os.close(handle)
    out.write(b"done")
except OSError as error:
    out.write(b"%d %s" % (error.errno or 0, name.encode()))
"""


@contextmanager
def many_files(folder: Path, count: int) -> Iterator[Write]:
    """A function that writes a new file, given its name below ``folder`` (with forward slashes)
    and its content. Some ``count`` are expected.

    All are written when the block ends. Raises OSError naming the file that could not be written,
    by then at the latest; if anything else fails nothing is written any more after the block.
    """
    if count < MANY:
        yield lambda name, content: write_new(f"{folder}/{name}", content)
        return
    command = [sys.executable, "-I", "-S", "-c", _PROGRAM, str(folder)]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    ) as process:
        pipe = _Pipe(process, folder)
        try:
            yield pipe.write
            pipe.close()
        except BaseException:
            process.kill()
            pipe.drop()
            raise


def write_new(path: str, content: bytes) -> None:
    """Write a file that is not there yet; twice as fast as ``open``, which prepares for more."""
    handle = os.open(path, _NEW_FILE, 0o666)
    try:
        while content:
            content = content[os.write(handle, content) :]
    finally:
        os.close(handle)


class _Pipe:
    def __init__(self, process: subprocess.Popen[bytes], folder: Path) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._source: IO[bytes] = process.stdin
        self._answer: IO[bytes] = process.stdout
        self._folder = folder
        self._waiting: list[bytes] = []
        self._size = 0

    def write(self, name: str, content: bytes) -> None:
        encoded = name.encode()
        self._waiting += (_HEAD.pack(len(encoded), len(content)), encoded, content)
        self._size += len(content)
        if self._size >= _BATCH:
            self._send()

    def close(self) -> None:
        self._send()
        self._end()

    def drop(self) -> None:
        """Forget what an interrupted write has left: it is no error of its own."""
        with suppress(BrokenPipeError):
            self._source.close()

    def _send(self) -> None:
        try:
            self._source.write(b"".join(self._waiting))
            self._source.flush()
        except BrokenPipeError:
            self._end()
        self._waiting.clear()
        self._size = 0

    def _end(self) -> None:
        """Raises OSError if not all could be written."""
        with suppress(BrokenPipeError):  # told by the answer, or by there being none
            self._source.close()
        answer = self._answer.read()
        if answer == b"done":
            return
        number, _, name = answer.partition(b" ")
        code = int(number or 0)
        why = os.strerror(code) if code else "the process that writes the files has ended"
        raise OSError(code, why, f"{self._folder}/{name.decode()}")
