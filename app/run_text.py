"""A run in words."""

from __future__ import annotations

from app.i18n import mark, tr
from app.words import moment
from engine.domain.records import RunRecord
from engine.jobs.catalogue import BACKBONES, METHODS


def run_title(record: RunRecord) -> str:
    """``Run 3: DGDM on SqueezeNet 1.1, 12 epochs, 22 Nov 19:40``."""
    settings = record.settings.get("train", {})
    methods = {method.name: method.title for method in METHODS}
    backbones = {backbone.name: backbone.title for backbone in BACKBONES}
    method, backbone = settings.get("method", ""), settings.get("backbone", "")
    return tr(
        "Run {id}: {method} on {backbone}, {epochs} epochs, {when}",
        id=record.id,
        method=methods.get(method, method),
        backbone=backbones.get(backbone, backbone),
        epochs=settings.get("epochs", "?"),
        when=moment(record.created_at, mark("dd MMM HH:mm")),
    )
