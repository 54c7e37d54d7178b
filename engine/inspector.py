"""The resident inspection process: ``python -m engine.inspector PROJECT``.

Reads questions as lines from standard input and writes answers to standard output, in the forms
of ``engine.jobs.inspection``; the end of standard input ends it. A reader thread takes questions
in; the main thread answers, the quickest kind first. Between two passes of a network it looks
whether the question is stale (a newer one of its kind has come), and answers quicker ones that
came meanwhile.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable

from engine.domain.errors import BoxwrightError, JobCancelled
from engine.jobs import inspection as talk
from engine.jobs.events import Failed
from engine.jobs.failure import last_word
from engine.jobs.pipes import claim_standard_output

EXIT_ENDED, EXIT_FAILED = 0, 1

#: The order of service: what a person waits for with the image before the eyes comes first.
ORDER: tuple[type, ...] = (
    talk.InspectImage,
    talk.DropQuestion,
    talk.CompareRuns,
    talk.MeasuresQuestion,
    talk.AlternativesQuestion,
)


class Inbox:
    """The newest question of each kind; safe for a reader and a server."""

    def __init__(self, refuse: Callable[[talk.Answer], None]) -> None:
        self._refuse = refuse
        self._waiting: dict[type, talk.Question] = {}
        self._changed = threading.Condition()
        self._ended = False

    def put(self, question: talk.Question) -> None:
        """Take in a question; one of its kind that waits is answered as cancelled."""
        with self._changed:
            stale = self._waiting.get(type(question))
            self._waiting[type(question)] = question
            self._changed.notify()
        if stale is not None:
            self._refuse(talk.Cancelled(id=stale.id))

    def end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify()

    @property
    def ended(self) -> bool:
        return self._ended

    def waits(self, kind: type) -> bool:
        """True if a question of ``kind`` is waiting."""
        return kind in self._waiting

    def next(self) -> talk.Question | None:
        """Wait for a question, the quickest kind first; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ended)
            return None if self._ended else self._take(ORDER)

    def quicker(self, kind: type) -> talk.Question | None:
        """A waiting question of a quicker kind, or None. Does not wait."""
        with self._changed:
            return self._take(ORDER[: ORDER.index(kind)])

    def _take(self, kinds: tuple[type, ...]) -> talk.Question | None:
        for kind in kinds:
            if kind in self._waiting:
                return self._waiting.pop(kind)
        return None


class Server:
    """Answers what is in the inbox with a desk's ``answer``."""

    def __init__(
        self,
        inbox: Inbox,
        answer: Callable[[talk.Question, Callable[[], None]], talk.Answer],
        send: Callable[[talk.Answer], None],
    ) -> None:
        self._inbox, self._answer, self._send = inbox, answer, send

    def run(self) -> None:
        """Serve until the inbox ends."""
        while (question := self._inbox.next()) is not None:
            self._serve(question)

    def _serve(self, question: talk.Question) -> None:
        try:
            answer = self._answer(question, lambda: self._check(type(question)))
        except JobCancelled:
            answer = talk.Cancelled(id=question.id)
        except Exception as error:  # noqa: BLE001 - whatever one question meets, the next is served
            word = last_word(error)
            assert isinstance(word, Failed)
            answer = talk.Refused(id=question.id, failure=word)
        self._send(answer)

    def _check(self, kind: type) -> None:
        """Raises JobCancelled if the question at hand is stale or nobody waits any more."""
        if self._inbox.ended or self._inbox.waits(kind):
            raise JobCancelled
        while (question := self._inbox.quicker(kind)) is not None:
            self._serve(question)
            if self._inbox.ended or self._inbox.waits(kind):
                raise JobCancelled


def main(arguments: list[str]) -> int:
    out = claim_standard_output()
    lock = threading.Lock()

    def send(answer: talk.Answer) -> None:
        try:
            with lock:
                out.write(talk.encode(answer))
        except BrokenPipeError:  # nobody listens any more
            inbox.end()

    inbox = Inbox(send)
    threading.Thread(target=_read, args=(inbox, send), daemon=True).start()
    try:
        _run(arguments, inbox, send)
    except (BoxwrightError, OSError) as error:
        word = last_word(error)
        assert isinstance(word, Failed)
        send(talk.Refused(id=0, failure=word))
        return EXIT_FAILED
    return EXIT_ENDED


def _run(arguments: list[str], inbox: Inbox, send: Callable[[talk.Answer], None]) -> None:
    from engine.inspection.desk import Desk  # torch: seconds, in which questions already wait
    from engine.learning.versions import versions
    from engine.workflows.projects import open_project

    with open_project(arguments[0] if arguments else "") as project:
        desk = Desk(project)
        send(talk.Ready(versions=versions()))
        Server(inbox, desk.answer, send).run()


def _read(inbox: Inbox, send: Callable[[talk.Answer], None]) -> None:
    # not through sys.stdin: a thread that holds its lock would abort the interpreter's shutdown
    rest = b""
    while chunk := os.read(0, 65536):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in filter(None, lines):
            try:
                inbox.put(talk.decode_question(line))
            except BoxwrightError as error:
                word = last_word(error)
                assert isinstance(word, Failed)
                send(talk.Refused(id=0, failure=word))
    inbox.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
