"""A run in words."""

from __future__ import annotations

from engine.domain.records import RunRecord
from engine.jobs.catalogue import BACKBONES, METHODS


def run_title(record: RunRecord) -> str:
    """``Run 3: DGDM on SqueezeNet 1.1, 12 epochs, 22 Nov 19:40``."""
    settings = record.settings.get("train", {})
    methods = {method.name: method.title for method in METHODS}
    backbones = {backbone.name: backbone.title for backbone in BACKBONES}
    method, backbone = settings.get("method", ""), settings.get("backbone", "")
    when = record.created_at.astimezone().strftime("%d %b %H:%M")
    what = f"{methods.get(method, method)} on {backbones.get(backbone, backbone)}"
    return f"Run {record.id}: {what}, {settings.get('epochs', '?')} epochs, {when}"
