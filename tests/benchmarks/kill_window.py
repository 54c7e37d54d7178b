"""Kills a working window many times: ``python -m tests.benchmarks.kill_window --kills 200``."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.e2e.killing import kill_many, propose_several
from tests.gui.review_bench import make_project


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--longest", type=float, default=1.5, help="seconds that a window lives")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        with make_project(Path(scratch), count=12) as project:
            propose_several(project)
            folder = project.folder
        kills = kill_many(folder, options.kills, options.longest)
    kept = f"{kills.in_flight_kept} of these acts were on the disk already"
    lines = [
        f"{kills.kills} kills in {time.monotonic() - began:.0f} s",
        f"{kills.shown} acts shown as done, {len(kills.lost)} lost",
        f"{kills.in_flight} kills in the middle of an act; {kept}",
        f"{len(kills.damaged)} times the project was damaged",
        *kills.lost,
        *kills.damaged,
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if kills.lost or kills.damaged else 0


if __name__ == "__main__":
    raise SystemExit(main())
