"""Where to compute, and in which precision."""

from __future__ import annotations

import platform
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch

from engine.domain.errors import InputError
from engine.jobs.options import unknown

_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def choose_device(name: str) -> torch.device:
    """The device ``auto``, ``cpu``, ``cuda`` (or ``cuda:1``) or ``mps``.

    Raises InputError listing what this machine has when it is not there.
    """
    available = _available()
    if name == "auto":
        return torch.device(available[0])
    kind, _, index = name.partition(":")
    if kind not in available or (index and not _has_index(kind, index)):
        raise unknown("device", name, ["auto", *available])
    return torch.device(name)


def _available() -> list[str]:
    """Devices of this machine, the fastest first."""
    found = ["cuda"] if torch.cuda.is_available() else []
    found += ["mps"] if torch.backends.mps.is_available() else []
    return [*found, "cpu"]


def _has_index(kind: str, index: str) -> bool:
    return kind == "cuda" and index.isdigit() and int(index) < torch.cuda.device_count()


@dataclass(frozen=True)
class Precision:
    """The number format of a training's forward pass on ``device``; weights stay float32."""

    device: torch.device
    dtype: torch.dtype

    def autocast(self) -> AbstractContextManager[object]:
        if self.dtype == torch.float32:
            return nullcontext()
        return torch.autocast(self.device.type, dtype=self.dtype)

    @property
    def scales_loss(self) -> bool:
        """Whether gradients would underflow without loss scaling."""
        return self.dtype == torch.float16


def choose_precision(name: str, device: torch.device) -> Precision:
    """The precision ``auto``, ``float32``, ``bfloat16`` or ``float16`` for ``device``."""
    if name == "auto":
        return Precision(device, _fastest(device))
    if name not in _DTYPES:
        raise unknown("precision", name, ["auto", *_DTYPES])
    if name == "float16" and device.type != "cuda":
        raise InputError("Precision float16 needs a CUDA device.", remedy="Choose 'auto'.")
    return Precision(device, _DTYPES[name])


def _fastest(device: torch.device) -> torch.dtype:
    if device.type == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.bfloat16 if native else torch.float16
    if device.type == "cpu" and _cpu_has_bfloat16():
        return torch.bfloat16
    return torch.float32


def _cpu_has_bfloat16() -> bool:
    """Only with instructions for it: emulated on AVX2 it measured 8 times slower than float32."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return False
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
