"""What the modules at the insertion points compute, as it travels."""

from __future__ import annotations

from engine.jobs.inspection import Array, ArrayKind, PointMasks, encode_array
from engine.learning.inspecting import PointFindings


def point_masks(findings: PointFindings) -> PointMasks:
    """The findings of one module for its first image."""

    def array(name: str, kind: ArrayKind) -> Array | None:
        if name not in findings.named:
            return None
        values = findings.named[name][0]
        return encode_array(values[0] if values.ndim == 3 else values, kind)

    def number(name: str) -> float | None:
        return float(findings.named[name][0].item()) if name in findings.named else None

    attention, importance = (
        array("attention", ArrayKind.FLOAT),
        array("importance", ArrayKind.FLOAT),
    )
    drop_mask, delta_h = array("drop_mask", ArrayKind.MASK), number("delta_h")
    assert attention
    assert importance
    assert drop_mask
    assert delta_h is not None  # every module has these
    return PointMasks(
        point=findings.point,
        module=findings.module,
        own=findings.own,
        attention=attention,
        importance=importance,
        drop_mask=drop_mask,
        delta_h=delta_h,
        erasing=findings.erasing,
        part=array("part", ArrayKind.MASK),
        background=array("background", ArrayKind.MASK),
        delta_l=number("delta_l"),
        channel_attention=array("channel_attention", ArrayKind.FLOAT),
        channel_mask=array("channel_mask", ArrayKind.MASK),
        channel_threshold=number("channel_threshold"),
    )
