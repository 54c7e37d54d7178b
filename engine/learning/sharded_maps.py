"""Score maps computed by several ranks: each takes its part of the images, the leader gathers.

Only the leader knows the project, so that one process writes to it wherever the others run.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import msgspec
import numpy as np

from engine.domain.settings import MapSettings
from engine.jobs.events import Event, Warned
from engine.jobs.reporter import Reporter
from engine.learning.checkpoints import load_network
from engine.learning.maps import ImageMaps, score_maps
from engine.learning.network import Network
from engine.learning.parallel import Group

_TASK = "score maps"


class _Task(msgspec.Struct, frozen=True):
    checkpoint: str
    paths: list[str]
    labels: list[int | None]
    settings: MapSettings


class _Map(msgspec.Struct, frozen=True):
    class_index: int
    height: int
    width: int
    values: bytes  # float16


class _Image(msgspec.Struct, frozen=True):
    index: int
    probabilities: bytes  # float32
    maps: list[_Map]


class _Message(msgspec.Struct, frozen=True):
    """A batch of a rank, what it warned of meanwhile, and whether it was the last.

    ``unusable``: see ``Reporter.unusable``.
    """

    images: list[_Image]
    warnings: list[str]
    unusable: dict[str, str]
    last: bool = False


def lead_score_maps(
    network: Network,
    checkpoint: Path,
    paths: Sequence[Path],
    labels: Sequence[int | None],
    settings: MapSettings,
    reporter: Reporter,
    group: Group,
) -> Iterator[list[ImageMaps]]:
    """As ``score_maps``, with the other ranks' help, each of which is in ``follow_score_maps``.

    The batches come in no particular order.
    """
    texts = [str(path) for path in paths]
    group.put(_TASK, msgspec.msgpack.encode(_Task(str(checkpoint), texts, [*labels], settings)))
    done = 0
    reporter.progress(0, len(paths), "images", "Score maps")
    own = _own_part(network, paths, labels, settings, group)
    for message in _of_all(own, group):
        for warning in message.warnings:
            reporter.warn(warning)
        reporter.unusable |= message.unusable
        done += len(message.images) + len(message.warnings)
        if message.images:
            yield [_unpacked(image) for image in message.images]
        reporter.progress(min(done, len(paths)), len(paths), "images", "Score maps")


def follow_score_maps(group: Group) -> None:
    """Compute this rank's part of what the leader asks for."""
    task = msgspec.msgpack.decode(group.take(_TASK, keep=True), type=_Task)
    network = load_network(Path(task.checkpoint), group.device)
    paths = [Path(path) for path in task.paths]
    part = _own_part(network, paths, task.labels, task.settings, group)
    for number, message in enumerate(part):
        group.put(_name(group.rank.index, number), msgspec.msgpack.encode(message))


def _of_all(own: Iterator[_Message], group: Group) -> Iterator[_Message]:
    """This rank's messages and the others', in turns, until each has sent its last."""
    others = list(range(1, group.count))
    for number in itertools.count():
        message = next(own, None)
        if message is not None:
            yield message
        for rank in others[:]:
            theirs = msgspec.msgpack.decode(group.take(_name(rank, number)), type=_Message)
            if theirs.last:
                others.remove(rank)
            yield theirs
        if message is None and not others:
            return


def _own_part(
    network: Network,
    paths: Sequence[Path],
    labels: Sequence[int | None],
    settings: MapSettings,
    group: Group,
) -> Iterator[_Message]:
    """This rank's part, with indices into all ``paths``; no message cuts an image's maps apart."""
    part = _part(paths, group)
    warnings: list[str] = []

    def heard(event: Event) -> None:
        if isinstance(event, Warned):
            warnings.append(event.message)

    here = replace(settings, device=str(group.device))
    own, known = [paths[at] for at in part], [labels[at] for at in part]
    held: list[ImageMaps] = []
    reporter = Reporter(heard)
    for batch in score_maps(network, own, known, here, reporter):
        held += batch
        after = batch[-1].index + 1
        cut = own[after] if after < len(own) else None
        ready = [maps for maps in held if own[maps.index] != cut]
        held = held[len(ready) :]
        packed = [_packed(replace(m, index=part[m.index])) for m in ready]
        yield _Message(packed, [*warnings], dict(reporter.unusable))
        warnings.clear()
    yield _Message([], warnings, reporter.unusable, last=True)


def _part(paths: Sequence[Path], group: Group) -> list[int]:
    """Indices of every N-th image; paths that follow each other and are equal are one image."""
    units = [[at for at, _ in found] for _, found in groupby(enumerate(paths), lambda it: it[1])]
    return [at for unit in units[group.rank.index :: group.count] for at in unit]


def _name(rank: int, number: int) -> str:
    return f"score maps {rank} {number}"


def _packed(maps: ImageMaps) -> _Image:
    found = [
        _Map(class_index, values.shape[0], values.shape[1], values.tobytes())
        for class_index, values in maps.maps.items()
    ]
    return _Image(maps.index, maps.probabilities.tobytes(), found)


def _unpacked(image: _Image) -> ImageMaps:
    maps = {
        found.class_index: np.frombuffer(found.values, np.float16).reshape(
            found.height, found.width
        )
        for found in image.maps
    }
    return ImageMaps(image.index, np.frombuffer(image.probabilities, np.float32), maps)
