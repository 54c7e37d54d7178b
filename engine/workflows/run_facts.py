"""A run's settings and versions in the words of a report."""

from __future__ import annotations

from engine.domain.records import RunRecord
from engine.domain.settings import BoxSettings
from engine.jobs.catalogue import BACKBONES, METHODS

Facts = tuple[tuple[str, str], ...]

_TRAINED = (
    ("backbone", "network"),
    ("insertion", "insertion points"),
    ("weights", "weights at the start"),
    ("epochs", "epochs"),
    ("batch_size", "batch"),
    ("image_size", "size of the input"),
    ("learning_rate", "learning rate"),
    ("seed", "seed"),
)


def title_of(record: RunRecord, training: RunRecord | None) -> str:
    """Method, network and number of a proposing run, for people."""
    chosen = training.settings.get("train", {}) if training is not None else {}
    methods = {info.name: info.title for info in METHODS}
    backbones = {info.name: info.title for info in BACKBONES}
    names = [
        methods.get(chosen.get("method", ""), chosen.get("method", "")),
        backbones.get(chosen.get("backbone", ""), chosen.get("backbone", "")),
        f"{record.settings.get('maps', {}).get('kind', 'score')} map",
        f"run {record.id}",
    ]
    return " · ".join(name for name in names if name)


def settings_of(record: RunRecord, training: RunRecord | None, boxes: BoxSettings) -> Facts:
    """How the run was trained and its maps and boxes made."""
    facts = [("proposed", record.created_at.strftime("%Y-%m-%d %H:%M UTC"))]
    if training is not None:
        chosen = training.settings.get("train", {})
        facts.append(("trained", training.created_at.strftime("%Y-%m-%d %H:%M UTC")))
        facts.append(("method", chosen.get("method", "") + _options(chosen.get("options", {}))))
        facts += [(title, _file_name(chosen[name])) for name, title in _TRAINED if name in chosen]
    maps = record.settings.get("maps", {})
    facts.append(
        ("score map", maps.get("kind", "") + (", mirrored too" if maps.get("flip") else ""))
    )
    facts.append(
        (
            "boxes",
            f"threshold {boxes.threshold:g} of the map, normalised {boxes.normalisation.value}",
        )
    )
    return tuple((name, value) for name, value in facts if value)


def versions_of(record: RunRecord, training: RunRecord | None) -> Facts:
    """The versions the run was made with, its training's where they differ beside them."""
    trained = {} if training is None else training.versions
    return tuple(
        (name, value if trained.get(name, value) == value else f"{value}, trained: {trained[name]}")
        for name, value in record.versions.items()
    )


def _options(options: dict[str, object]) -> str:
    chosen = ", ".join(f"{name} {value}" for name, value in options.items())
    return f" ({chosen})" if chosen else ""


def _file_name(value: object) -> str:
    """A setting; of a file its name alone: a report that is sent tells no folders."""
    return str(value).replace("\\", "/").rsplit("/", 1)[-1]
