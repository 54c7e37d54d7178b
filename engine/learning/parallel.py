"""Several equal processes as one: torchrun starts them, here they join, and one leads.

Over gloo on a CPU and nccl on GPUs. Where torchrun did not start the process it is alone, and
every operation leaves things as they are.
"""

from __future__ import annotations

import itertools
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType

import msgspec
import numpy as np
import torch
import torch.distributed as dist
from numpy.typing import NDArray
from torch import Tensor
from torch.distributed.distributed_c10d import PrefixStore, Store
from torch.distributed.rendezvous import rendezvous

from engine.domain.errors import BoxwrightError, JobCancelled, TrainingError
from engine.jobs.events import Cancelled
from engine.jobs.failure import last_word
from engine.jobs.ranks import OtherRankError, OwnRankError, Rank, this_rank
from engine.learning.device import choose_device

_PATIENCE = timedelta(minutes=30)  # of a rank that waits for another
_POLL = 0.01  # seconds
_joins = itertools.count()  # a process may join more than once; names must not meet again


class Group:
    """The ranks of one job. ``device`` is this rank's own."""

    def __init__(self, rank: Rank, device: torch.device, store: Store | None = None) -> None:
        self.rank = rank
        self.device = device
        self._store = store

    @property
    def count(self) -> int:
        return self.rank.count

    @property
    def leads(self) -> bool:
        return self.rank.leads

    def add_up(self, tensor: Tensor) -> Tensor:
        """``tensor`` summed over the ranks, in place; it lies on ``device``."""
        if self.count > 1:
            with _lost_ranks_named():
                dist.all_reduce(tensor)
        return tensor

    def spread(self, tensors: Sequence[Tensor]) -> None:
        """Give all ranks the leader's values, in place."""
        if self.count > 1:
            with _lost_ranks_named():
                for tensor in tensors:
                    dense = tensor.contiguous()
                    dist.broadcast(dense, 0)
                    tensor.copy_(dense)

    def common(self, indices: NDArray[np.int64], total: int) -> NDArray[np.int64]:
        """Those of ``indices``, below ``total``, that every rank gives, in rising order."""
        if self.count == 1:
            return indices
        given = np.zeros(total, np.int64)
        given[indices] = 1
        counted = self.add_up(torch.from_numpy(given).to(self.device)).cpu().numpy()
        return np.flatnonzero(counted == self.count)

    def wait(self) -> None:
        """Until all ranks are here."""
        self.add_up(torch.zeros(1, device=self.device))

    def put(self, name: str, value: bytes) -> None:
        """Leave ``value`` under ``name`` for another rank."""
        assert self._store is not None, "there is no other rank"
        self._store.set(name, value)  # type: ignore[arg-type]  # torch's stub forgets bytes

    def take(self, name: str, keep: bool = False) -> bytes:
        """What another rank left under ``name``, once it is there; gone then unless ``keep``.

        Raises OtherRankError if a rank failed meanwhile.
        """
        assert self._store is not None, "there is no other rank"
        while not self._store.check([name]):
            if self._store.check([_FAILURE]):
                raise _failure(self._store)
            time.sleep(_POLL)
        value = bytes(self._store.get(name))
        if not keep:
            self._store.delete_key(name)
        return value


@contextmanager
def joined(device: str) -> Iterator[Group]:
    """The group of all ranks, each on its own device of the kind ``device``.

    What is raised inside ends all ranks, and is told by the one that it befell first: there it is
    raised as it is or as OwnRankError, in the others as OtherRankError (or JobCancelled).
    """
    rank = this_rank()
    if rank.count == 1:
        yield Group(rank, choose_device(device))
        return
    store, _, _ = next(rendezvous("env://"))
    own = PrefixStore(f"boxwright-{next(_joins)}", store)
    with _told_once(own, rank), _ended_in_order():
        chosen = _own_device(device, rank)
        backend = "nccl" if chosen.type == "cuda" else "gloo"
        inner = PrefixStore("collectives", own)
        dist.init_process_group(
            backend, store=inner, rank=rank.index, world_size=rank.count, timeout=_PATIENCE
        )
        yield Group(rank, chosen, own)
        dist.destroy_process_group()  # not after a failure: it would wait for the lost ones


def _own_device(name: str, rank: Rank) -> torch.device:
    device = choose_device(name)
    if device.type != "cuda":
        return torch.device("cpu")
    found = torch.cuda.device_count()
    if rank.local_index >= found:
        raise TrainingError(
            f"{rank.local_count} processes were started here, but there are {found} GPUs.",
            remedy=f"Start torchrun with --nproc-per-node {found}, or choose the device cpu.",
        )
    own = torch.device("cuda", rank.local_index)
    torch.cuda.set_device(own)
    return own


_FAILURE = "failure"


@contextmanager
def _told_once(store: Store, rank: Rank) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        if store.add("failures", 1) > 1:
            raise _failure(store) from error
        word = last_word(error)
        message = "" if isinstance(word, Cancelled) else word.message
        kind = "" if isinstance(word, Cancelled) else word.kind
        store.set(_FAILURE, msgspec.json.encode([kind, message]).decode())
        if isinstance(error, BoxwrightError) and not rank.leads:
            raise OwnRankError(error) from error
        raise


def _failure(store: Store) -> BoxwrightError | JobCancelled:
    kind, message = msgspec.json.decode(store.get(_FAILURE), type=tuple[str, str])
    return OtherRankError(kind, message) if kind else JobCancelled()


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Take the signal by which torchrun ends the others for Ctrl+C, so that rows are kept true."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _lost_ranks_named() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise TrainingError(
            "Another process of this job ended without a word.",
            remedy="See what it said last; perhaps it ran out of memory. Then resume.",
        ) from error
