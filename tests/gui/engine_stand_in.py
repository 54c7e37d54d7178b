"""A real child process that speaks the engine's protocol, with behaviour chosen by its argument."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

from engine.jobs import wire
from engine.jobs.events import (
    Artifact,
    Cancelled,
    Event,
    Failed,
    Finished,
    Metric,
    Progress,
    Started,
    Warned,
)

cancelled = threading.Event()


def say(event: Event) -> None:
    sys.stdout.buffer.write(wire.encode(event))
    sys.stdout.buffer.flush()


def listen() -> None:
    while os.read(0, 4096):
        pass
    cancelled.set()


def succeed() -> None:
    say(Progress(1, 2, "images", "Working"))
    say(Metric(0.5, {"loss": 1.25}))
    say(Artifact("proposals", [3, 4]))
    say(Warned("a.jpg: truncated"))
    say(Progress(2, 2, "images", "Working"))
    say(Finished({"images": 2}))


def wait_for_cancel(stubborn: bool = False) -> None:
    say(Progress(0, 100, "images", "Waiting"))
    while stubborn or not cancelled.wait(0.02):
        time.sleep(0.02)
    say(Cancelled())
    sys.exit(2)


def fail() -> None:
    say(Failed("input", "Truncated.", path="a.jpg", place="byte 12", remedy="Copy it again."))
    sys.exit(1)


def ignore_everything() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    wait_for_cancel(stubborn=True)


def vanish() -> None:
    sys.stderr.write("about to vanish\n")
    sys.stderr.flush()
    os._exit(7)


def chatter() -> None:
    sys.stdout.write("a stray print\n")
    sys.stdout.flush()
    say(Finished({}))


def linger() -> None:
    say(Finished({}))
    time.sleep(600)


BEHAVIOURS = {
    "succeed": succeed,
    "fail": fail,
    "wait": wait_for_cancel,
    "stubborn": ignore_everything,
    "exit": vanish,
    "chatter": chatter,
    "linger": linger,
}


def main() -> None:
    request = wire.decode_request(sys.stdin.buffer.readline())
    threading.Thread(target=listen, daemon=True).start()
    say(Started(type(request).__name__, "Stand-in"))
    if sys.argv[1] == "store":
        import store_stand_in  # takes a while to import

        store_stand_in.keep(request, say, wait_for_cancel)
    else:
        BEHAVIOURS[sys.argv[1]]()


main()
