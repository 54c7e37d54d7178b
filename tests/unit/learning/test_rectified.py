"""Rectified joins against a concatenation of ReLUs: the same numbers, less kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks
from torchvision.models import squeezenet1_1

from engine.jobs.options import AdlOptions, DgdmOptions, DropBlockOptions
from engine.learning.backbones.squeezenet import SqueezeNet
from engine.learning.methods.adl import AttentionDropout
from engine.learning.methods.attention import attended
from engine.learning.methods.dgdm import DualAttentionGuidedDropblock
from engine.learning.methods.dropblock import Blocks
from engine.learning.methods.memory import Spare, spare_of
from engine.learning.rectified import is_rectified_join, rectified_join

LAYOUTS = [torch.channels_last, torch.contiguous_format]
Join = Callable[[Tensor, Tensor], Tensor]


def concatenated(first: Tensor, second: Tensor) -> Tensor:
    return torch.cat([first.relu(), second.relu()], 1)


def parts(layout: torch.memory_format, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    draw = torch.Generator().manual_seed(0)
    shapes = (3, 12, 9, 9), (3, 20, 9, 9)
    drawn = [torch.randn(shape, generator=draw).to(dtype) for shape in shapes]
    first, second = (
        part.contiguous(memory_format=layout).detach().requires_grad_() for part in drawn
    )
    return first, second


def through(
    module: Callable[[Tensor], Tensor],
    join: Join,
    layout: torch.memory_format,
    dtype: torch.dtype = torch.float32,
) -> tuple[Tensor, ...]:
    """What comes out and the gradients of both parts."""
    first, second = parts(layout, dtype)
    torch.manual_seed(1)
    y = module(join(first, second))
    weights = torch.randn(y.shape, generator=torch.Generator().manual_seed(2)).to(dtype)
    weights = weights.contiguous(memory_format=layout)
    out = y.detach().clone()
    return (out, *torch.autograd.grad((y * weights).sum(), (first, second)))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_join_elsewhere_than_on_a_cpu_has_the_same_shapes(layout: torch.memory_format) -> None:
    first, second = (part.detach().to("meta").requires_grad_() for part in parts(layout))
    joined = rectified_join(first, second)
    assert joined.shape == (3, 32, 9, 9)
    assert joined.is_contiguous(memory_format=layout)
    gradients = torch.autograd.grad(joined.sum(), (first, second))
    assert [g.shape for g in gradients] == [first.shape, second.shape]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_join_is_the_concatenation_of_relus(
    layout: torch.memory_format, dtype: torch.dtype
) -> None:
    def unchanged(x: Tensor) -> Tensor:
        return x * 1

    ours = through(unchanged, rectified_join, layout, dtype)
    theirs = through(unchanged, concatenated, layout, dtype)
    for own, other in zip(ours, theirs, strict=True):
        assert torch.equal(own, other)
        assert own.stride() == other.stride()


def test_of_a_join_only_the_result_is_kept() -> None:
    kept: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        kept[tensor.data_ptr()] = tensor.numel()
        return tensor

    first, second = parts(torch.channels_last)
    with saved_tensors_hooks(note, lambda tensor: tensor):
        y = rectified_join(first, second)
    assert sum(kept.values()) == y.numel() == first.numel() + second.numel()


def test_a_join_is_told_from_other_features() -> None:
    first, second = parts(torch.channels_last)
    assert is_rectified_join(rectified_join(first, second))
    assert spare_of(rectified_join(first, second)) is Spare.ALL_BUT_ZEROS
    assert not is_rectified_join(concatenated(first, second))
    with torch.no_grad():
        assert spare_of(rectified_join(first, second)) is Spare.NOTHING


def dual(drop_rate: float, **options: object) -> DualAttentionGuidedDropblock:
    return DualAttentionGuidedDropblock(DgdmOptions(drop_rate=drop_rate, beta=30.0, **options))


MODULES = {
    "dgdm erasing": lambda: dual(1.0),
    "dgdm attending": lambda: dual(0.0),
    "dgdm attending, all channels": lambda: dual(0.0, channel_dropout=False),
    "dgdm erasing, all channels": lambda: dual(1.0, channel_dropout=False),
    "adl erasing": lambda: AttentionDropout(AdlOptions(drop_rate=1.0)),
    "adl attending": lambda: AttentionDropout(AdlOptions(drop_rate=0.0)),
    "dropblock": lambda: Blocks(DropBlockOptions(scheduled=False, block_size=3)),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", MODULES)
def test_modules_overwrite_a_join_and_change_neither_result_nor_gradient(
    name: str, layout: torch.memory_format
) -> None:
    module = MODULES[name]().train()
    drops = name not in ("dgdm attending, all channels", "adl attending")

    def watched(x: Tensor) -> Tensor:
        zeros = (x == 0).sum()
        y: Tensor = module(x)
        assert y.data_ptr() == x.data_ptr()
        assert bool((y == 0).sum() > zeros) is drops
        return y

    ours = through(watched, rectified_join, layout)
    theirs = through(module, concatenated, layout)
    for own, other in zip(ours, theirs, strict=True):
        assert torch.equal(own, other)


def test_two_modules_at_one_point_work_on_each_other() -> None:
    for rates in ((1.0, 0.0), (0.0, 1.0), (0.0, 0.0)):
        first, second = (dual(rate).train() for rate in rates)
        ours = through(lambda x: second(first(x)), rectified_join, torch.channels_last)  # noqa: B023
        theirs = through(lambda x: second(first(x)), concatenated, torch.channels_last)  # noqa: B023
        for own, other in zip(ours, theirs, strict=True):
            torch.testing.assert_close(own, other)


def test_a_second_backward_pass_through_overwritten_features_is_refused() -> None:
    x = rectified_join(*parts(torch.channels_last))
    importance = x.detach().mean(1, keepdim=True).sigmoid()
    y = attended(x, importance, torch.rand(3, 32) > 0.3, spare=spare_of(x)).sum()
    y.backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="second backward pass"):
        y.backward()


def test_squeezenet_is_torchvisions() -> None:
    torch.manual_seed(0)
    ours = SqueezeNet()
    torch.manual_seed(0)
    theirs = squeezenet1_1().features
    assert list(ours.state_dict()) == [f"features.{name}" for name in theirs.state_dict()]
    images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    found, expected = ours(images), theirs(images)
    assert torch.equal(found, expected)
    found.square().sum().backward()
    expected.square().sum().backward()
    for own, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(own.grad, other.grad)
