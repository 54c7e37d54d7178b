"""The engine's process: one request in, events out.

With ``--ready KIND`` it first gets ready for a request of that kind (``LearnRequest``), which may
come at any time or never: what takes seconds to import is there when it comes.

Reads one request line from standard input, writes events as JSON lines to standard output, and
takes the end of standard input as the wish to cancel, so that a window that died leaves no orphan.
Exit code: 0 finished, 1 failed, 2 cancelled.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable

from engine.jobs import wire
from engine.jobs.events import Cancelled, Event, Finished, Started
from engine.jobs.failure import last_word
from engine.jobs.pipes import claim_standard_output
from engine.jobs.reporter import Reporter
from engine.jobs.requests import Request

EXIT_FINISHED, EXIT_FAILED, EXIT_CANCELLED = 0, 1, 2


def main() -> int:
    events = claim_standard_output()
    cancel = threading.Event()

    def send(event: Event) -> None:
        try:
            events.write(wire.encode(event))
        except BrokenPipeError:  # nobody listens any more
            cancel.set()

    if sys.argv[1:2] == ["--ready"]:
        _get_ready(sys.argv[2])
    line = sys.stdin.buffer.readline()
    if not line:  # nobody wants anything any more
        return EXIT_CANCELLED
    threading.Thread(target=_cancel_at_end_of_input, args=(cancel,), daemon=True).start()
    return _serve(line, send, cancel)


def _get_ready(kind: str) -> None:
    from engine.workflows.dispatch import get_ready

    get_ready(kind)


def _cancel_at_end_of_input(cancel: threading.Event) -> None:
    # not through sys.stdin: a thread that holds its lock would abort the interpreter's shutdown
    while os.read(0, 4096):
        pass
    cancel.set()


def _serve(line: bytes, send: Callable[[Event], None], cancel: threading.Event) -> int:
    try:
        request = wire.decode_request(line)
        send(Started(type(request).__name__, _title(request)))
        from engine.workflows.dispatch import run  # pulls in the rooms a job needs

        send(Finished(run(request, Reporter(send, cancel))))
    except BaseException as error:  # noqa: BLE001 - the process's last line: whatever it is, it is told
        word = last_word(error)
        send(word)
        return EXIT_CANCELLED if isinstance(word, Cancelled) else EXIT_FAILED
    return EXIT_FINISHED


def _title(request: Request) -> str:
    return type(request).__name__.removesuffix("Request")


if __name__ == "__main__":
    sys.exit(main())
