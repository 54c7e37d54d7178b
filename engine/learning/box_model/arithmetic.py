"""Numbers of two bytes where the processor multiplies them natively: half the time of a head."""

from __future__ import annotations

import torch


def fast_arithmetic(device: torch.device) -> torch.autocast:
    """A context: products in bfloat16 on a processor that has them, in float32 on any other.

    Emulated they would be slower. Weights, losses and steps stay float32.
    """
    return torch.autocast("cpu", torch.bfloat16, enabled=device.type == "cpu" and _native())


def _native() -> bool:
    """Neither question is public in PyTorch yet; a version without them answers no."""
    asked = (getattr(torch.cpu, name, None) for name in _QUESTIONS)
    return any(bool(ask()) for ask in asked if callable(ask))


_QUESTIONS = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
