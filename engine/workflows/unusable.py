"""What a job finds out about image files that only decoding could tell: kept as by indexing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from engine.jobs.reporter import Reporter
from engine.store import images as image_rows
from engine.store.project import Project


@contextmanager
def unusable_kept(project: Project, reporter: Reporter) -> Iterator[None]:
    """Keep the problems of images that turn out unusable meanwhile, however the job ends."""
    try:
        yield
    finally:
        _keep(project, reporter)


def _keep(project: Project, reporter: Reporter) -> None:
    found = dict(reporter.unusable)
    if not found:
        return
    with project.write() as connection:
        known = image_rows.list_images(connection)
        # links may stand under another path in the project than the one that was opened
        problems = {
            image.id: found[path]
            for image in known
            if (path := str(project.absolute(image.path))) in found
        }
        image_rows.mark_unusable(connection, problems)
    reporter.unusable.clear()
    reporter.artifact("images", sorted(problems))
