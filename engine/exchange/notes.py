"""Warnings about images, of which there may be a great many of one sort."""

from __future__ import annotations

from collections import Counter

from engine.jobs.reporter import Reporter

#: How many of one sort are told one by one.
TOLD = 20


class Notes:
    """Passes on the first warnings of each sort, and at the end how many more there were."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._counts: Counter[str] = Counter()

    def add(self, path: str, what: str) -> None:
        self._counts[what] += 1
        if self._counts[what] <= TOLD:
            self._reporter.warn(f"{path}: {what}")

    def close(self) -> None:
        for what, count in self._counts.items():
            if count > TOLD:
                self._reporter.warn(f"{count - TOLD:,} more like this: {what}")
