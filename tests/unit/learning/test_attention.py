"""The products of ADL and DGDM with gradients written by hand, against autograd's."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from engine.learning.methods.attention import attended, erased, self_attention


def features() -> Tensor:
    draw = torch.Generator().manual_seed(0)
    return torch.randn(3, 5, 4, 6, generator=draw, dtype=torch.float64).requires_grad_()


def some_mask(*shape: int) -> Tensor:
    return (torch.rand(shape, generator=torch.Generator().manual_seed(1)) > 0.4).double()


@pytest.mark.parametrize("channels", [None, some_mask(3, 5)])
def test_gradients_are_right(channels: Tensor | None) -> None:
    spatial = some_mask(3, 1, 4, 6)

    def erase(x: Tensor) -> Tensor:
        return erased(x, spatial, channels)

    def attend(x: Tensor) -> Tensor:
        return attended(x, x.detach().mean(1, keepdim=True).sigmoid(), channels)

    def by_autograd(x: Tensor) -> Tensor:
        y = x * x.mean(1, keepdim=True).sigmoid()
        return y if channels is None else y * channels[:, :, None, None]

    assert torch.autograd.gradcheck(erase, features())
    x, weights = features(), torch.rand(3, 5, 4, 6, dtype=torch.float64)
    (ours,) = torch.autograd.grad((attend(x) * weights).sum(), x)
    (theirs,) = torch.autograd.grad((by_autograd(x) * weights).sum(), x)
    torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-7)
    torch.testing.assert_close(attend(x), by_autograd(x))


def test_gradient_that_comes_in_stays_as_it_is() -> None:
    x, incoming = features(), torch.ones(3, 5, 4, 6, dtype=torch.float64)
    attended(x, self_attention(x.detach()).sigmoid(), some_mask(3, 5)).backward(incoming)
    erased(x, some_mask(3, 1, 4, 6), some_mask(3, 5)).backward(incoming)
    assert torch.equal(incoming, torch.ones_like(incoming))


def test_products_keep_type_and_layout() -> None:
    x = torch.rand(2, 4, 3, 3).to(torch.bfloat16).contiguous(memory_format=torch.channels_last)
    for y in (erased(x, some_mask(2, 1, 3, 3)), attended(x, self_attention(x).sigmoid())):
        assert y.dtype == torch.bfloat16
        assert y.is_contiguous(memory_format=torch.channels_last)
