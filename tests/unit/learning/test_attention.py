"""The products of ADL and DGDM with gradients written by hand, against autograd's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from engine.learning.methods.attention import attended, erased
from engine.learning.methods.means import (
    mean_over_channels,
    mean_over_positions,
    rough_mean_over_channels,
)
from engine.learning.methods.memory import Spare, selected, spare_of


def features() -> Tensor:
    draw = torch.Generator().manual_seed(0)
    return torch.randn(3, 5, 4, 6, generator=draw, dtype=torch.float64).requires_grad_()


def some_mask(*shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(1)) > 0.4


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
    attended(x, mean_over_channels(x.detach()).sigmoid(), some_mask(3, 5)).backward(incoming)
    erased(x, some_mask(3, 1, 4, 6), some_mask(3, 5)).backward(incoming)
    assert torch.equal(incoming, torch.ones_like(incoming))


def test_products_keep_type_and_layout() -> None:
    x = torch.rand(2, 4, 3, 3).to(torch.bfloat16).contiguous(memory_format=torch.channels_last)
    for y in (erased(x, some_mask(2, 1, 3, 3)), attended(x, mean_over_channels(x).sigmoid())):
        assert y.dtype == torch.bfloat16
        assert y.is_contiguous(memory_format=torch.channels_last)


def concatenated(x: Tensor) -> Tensor:
    """``x`` made anew by an operation whose gradient does not need what came out."""
    return torch.cat(x.split(2, dim=1), dim=1)


def test_what_may_be_overwritten() -> None:
    x = features()
    convolution, norm = torch.nn.Conv2d(5, 2, 1).double(), torch.nn.BatchNorm2d(5).double()
    for spare in (concatenated(x), convolution(x), norm(x), x + x, functional.max_pool2d(x, 2)):
        assert spare_of(spare) is Spare.ALL
    with torch.no_grad():
        untracked = concatenated(x)
    for needed in (x, x.relu(), x.sigmoid(), concatenated(x)[:, :2], untracked):
        assert spare_of(needed) is Spare.NOTHING


@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
@pytest.mark.parametrize("channels", [None, some_mask(3, 5)])
@pytest.mark.parametrize("product", [erased, attended])
def test_overwriting_changes_neither_result_nor_gradient(
    product: Callable[..., Tensor], channels: Tensor | None, layout: torch.memory_format
) -> None:
    spatial, weights = some_mask(3, 1, 4, 6), torch.rand(3, 5, 4, 6, dtype=torch.float64)
    found = []
    for spare in (Spare.NOTHING, Spare.ALL):
        x = features()
        between = concatenated(x.contiguous(memory_format=layout))
        factor = spatial if product is erased else mean_over_channels(between.detach()).sigmoid()
        y = product(between, factor, channels, spare=spare)
        assert (y.data_ptr() == between.data_ptr()) is (spare is Spare.ALL)
        found.append((y.detach(), *torch.autograd.grad((y * weights).sum(), x)))
    assert torch.equal(found[0][0], found[1][0])
    assert torch.equal(found[0][1], found[1][1])


def test_a_needed_tensor_that_is_overwritten_is_refused_and_not_passed_over() -> None:
    y = erased(features().relu(), some_mask(3, 1, 4, 6), spare=Spare.ALL)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_means_are_float32_whatever_the_features_are(
    dtype: torch.dtype, layout: torch.memory_format
) -> None:
    x = torch.rand(3, 256, 9, 7, generator=torch.Generator().manual_seed(4)).to(dtype)
    exact = x.double()
    x = x.contiguous(memory_format=layout)
    over_channels, over_positions = exact.mean(1, keepdim=True), exact.mean((2, 3))
    assert mean_over_channels(x).dtype == mean_over_positions(x).dtype == torch.float32
    for found, true in (
        (mean_over_channels(x), over_channels),
        (mean_over_positions(x), over_positions),
    ):
        torch.testing.assert_close(found.double(), true, rtol=1e-4, atol=0)
    rough = rough_mean_over_channels(x)
    assert rough.dtype == dtype
    torch.testing.assert_close(rough.double(), over_channels, rtol=2**-7, atol=0)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_selecting_channels_is_their_product_with_the_mask(dtype: torch.dtype) -> None:
    x = torch.randn(3, 5, 4, 6).to(dtype)
    mask = some_mask(3, 5)
    expected = x * mask.to(dtype)[:, :, None, None]
    assert torch.equal(selected(x, mask), expected)
    assert selected(x, mask, out=x) is x
    assert torch.equal(x, expected)
