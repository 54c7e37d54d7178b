"""What to review next: the boxes that are worth most, mixed with some that chance chose.

The boxes most likely wrong come first: correcting them teaches most, and what is left to accept
unseen gets better. Estimates of the whole need images chosen by chance; a fixed share of the
order is theirs (``engine.store.draws``), and nobody knows which ones before they come.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from engine.domain.errors import InputError
from engine.domain.records import DECIDED_STATES, QueueEntry
from engine.store.draws import draw_more, waiting_draws
from engine.store.images import queue

DEFAULT_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Turn:
    """An image to review; ``drawn``: chance chose it. ``value``: how much it is worth, higher is
    more, None where nothing was learned yet."""

    image_id: int
    drawn: bool
    value: float | None


@dataclass(frozen=True, slots=True)
class Plan:
    """``turns`` in order. ``share``: the rate of drawn images among them, to be shown."""

    turns: tuple[Turn, ...]
    share: float


def plan_queue(
    conn: Connection, count: int | None = None, share: float = DEFAULT_SHARE, seed: int = 0
) -> Plan:
    """The next ``count`` images (None: all undecided ones). Call it inside ``Project.write``:
    what chance chooses is remembered, and comes again until it is decided.

    ``share`` in [0, 1] of the turns are drawn. Raises InputError for another share.
    """
    if not 0 <= share <= 1:
        raise InputError(f"The random share is {share}.", remedy="Give one from 0 to 1.")
    entries = queue(conn)
    waiting = [e for e in entries if e.problem is None and e.state not in DECIDED_STATES]
    count = len(waiting) if count is None else min(count, len(waiting))
    drawn = waiting_draws(conn)
    wanted = round(share * count)
    if len(drawn) < wanted:
        drawn += draw_more(conn, wanted - len(drawn), seed)
    aside = set(drawn)
    decided = Counter(e.class_id for e in entries if e.state in DECIDED_STATES)
    chosen = by_value([e for e in waiting if e.image_id not in aside], decided, seed)
    return Plan(tuple(mixed(chosen, drawn[:wanted], count)), wanted / count if count else 0.0)


def by_value(
    entries: Sequence[QueueEntry], decided: Mapping[int | None, int], seed: int
) -> list[Turn]:
    """Most valuable first; ``decided`` counts the decided images of each class.

    Worth is the estimated probability that the box is wrong, more for classes that few images are
    decided of. Without estimates the classes take turns, in an order that chance chose.
    """
    if not any(entry.quality is not None for entry in entries):
        return [Turn(entry.image_id, False, None) for entry in _in_turns(entries, decided, seed)]
    turns = [Turn(e.image_id, False, _worth(e, decided[e.class_id])) for e in entries]
    return sorted(turns, key=lambda turn: (-(turn.value or 0.0), turn.image_id))


def mixed(chosen: Iterable[Turn], drawn: Sequence[int], count: int) -> list[Turn]:
    """``drawn`` spread evenly among ``chosen``, ``count`` in all."""
    rest = iter(chosen)
    places = {round((i + 0.5) * count / len(drawn)) for i in range(len(drawn))} if drawn else set()
    chance = iter(drawn)
    found: list[Turn] = []
    while len(found) < count:
        image_id = next(chance, None) if len(found) in places else None
        turn = Turn(image_id, True, None) if image_id is not None else next(rest, None)
        if turn is None:
            found += [Turn(left, True, None) for left in chance][: count - len(found)]
            break
        found.append(turn)
    return found


def _worth(entry: QueueEntry, decided: int) -> float:
    wrong = 1.0 - (entry.quality if entry.quality is not None else 0.0)
    return wrong * (1.0 + 1.0 / (1 + decided))


def _in_turns(
    entries: Sequence[QueueEntry], decided: Mapping[int | None, int], seed: int
) -> list[QueueEntry]:
    """One of each class after the other, first of those that have fewest."""
    shuffled = list(entries)
    random.Random(seed).shuffle(shuffled)
    rank: Counter[int | None] = Counter()
    keyed: dict[int, list[QueueEntry]] = defaultdict(list)
    for entry in shuffled:
        keyed[decided[entry.class_id] + rank[entry.class_id]].append(entry)
        rank[entry.class_id] += 1
    return [entry for place in sorted(keyed) for entry in keyed[place]]
