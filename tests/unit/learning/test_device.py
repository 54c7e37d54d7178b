"""Devices and precisions: chosen by what the machine has."""

from __future__ import annotations

import pytest
import torch

from engine.domain.errors import InputError
from engine.learning.device import choose_device, choose_precision

CPU = torch.device("cpu")


def test_auto_is_always_something_that_is_there() -> None:
    torch.zeros(1, device=choose_device("auto"))


def test_absent_device_lists_those_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for name in ("cuda", "cuda:0", "cpu:3", "toaster"):
        with pytest.raises(InputError, match=rf"no device named '{name}'.*cpu"):
            choose_device(name)


@pytest.mark.parametrize("native", [True, False])
def test_bfloat16_only_where_the_processor_has_it(
    native: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: native)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    expected = torch.bfloat16 if native else torch.float32
    assert choose_precision("auto", CPU).dtype == expected


def test_precision_can_be_named() -> None:
    assert choose_precision("bfloat16", CPU).dtype == torch.bfloat16
    with pytest.raises(InputError, match="needs a CUDA device"):
        choose_precision("float16", CPU)
    with pytest.raises(InputError, match="auto, bfloat16, float16, float32"):
        choose_precision("int4", CPU)


def test_autocast_computes_in_the_precision_that_was_named() -> None:
    layer, x = torch.nn.Linear(2, 2), torch.zeros(1, 2)
    with choose_precision("bfloat16", CPU).autocast():
        assert layer(x).dtype == torch.bfloat16
    with choose_precision("float32", CPU).autocast():
        assert layer(x).dtype == torch.float32
