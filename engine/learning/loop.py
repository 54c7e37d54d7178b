"""The loop over epochs and steps: rates, live metrics, divergence, a checkpoint per epoch."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from engine.domain.errors import TrainingError
from engine.jobs.reporter import Reporter
from engine.learning.batches import Batch, Batches
from engine.learning.checkpoints import (
    CheckpointInfo,
    checkpoint_path,
    list_checkpoints,
    save_checkpoint,
)
from engine.learning.device import choose_precision
from engine.learning.gradients import combined
from engine.learning.network import Network
from engine.learning.optimisation import make_optimiser, set_rates
from engine.learning.parallel import Group
from engine.learning.share import Share, sharing
from engine.learning.shared_norm import share_statistics

OnEpoch = Callable[[int, dict[str, float]], None]

_REPORTS = 5  # of metrics per epoch
_ABSURD = 1e10  # variance of features: ImageNet's networks stay below 1e4
_SEED_STRIDE = 1_000_003  # keeps the streams of neighbouring seeds apart over the epochs


class TrainLoop:
    """A training between two epochs; ``info`` describes the last checkpoint.

    Each epoch's random streams are functions of seed and epoch alone, so that weights, momentum
    and the epoch's number are all there is to resume from. In a group every rank computes its part
    of each batch, gradients and metrics are those of the whole, and the leader writes.
    """

    def __init__(self, network: Network, info: CheckpointInfo, folder: Path, group: Group) -> None:
        self.info = info
        self._settings = info.settings
        self._network = network.place(group.device)
        self._folder = folder
        self._group = group
        self._device = device = group.device
        self._precision = choose_precision(info.settings.precision, device)
        self._optimiser = make_optimiser(network, info.settings)
        self._scaler = torch.amp.GradScaler(device.type, enabled=self._precision.scales_loss)

    def restore(self, momentum: Mapping[str, Tensor]) -> None:
        """Take over the optimiser's state of a checkpoint."""
        if self.info.loss_scale:
            self._scaler.load_state_dict(self.info.loss_scale)
        for name, parameter in self._network.named_parameters():
            if name in momentum:
                buffer = torch.empty_like(parameter).copy_(momentum[name])
                self._optimiser.state[parameter]["momentum_buffer"] = buffer

    def agree(self) -> None:
        """Give all ranks the leader's epoch, weights and momentum, and shared batch norm."""
        if self._group.count == 1:
            return
        share_statistics(self._network, self._device)
        epoch = torch.tensor([self.info.epoch], device=self._device)
        resumed = torch.tensor([bool(self._optimiser.state)], device=self._device)
        self._group.spread([epoch, resumed, *self._network.state_dict().values()])
        self.info = replace(self.info, epoch=int(epoch))
        if resumed:
            self._group.spread([self._momentum_of(p) for p in self._network.parameters()])

    def _momentum_of(self, parameter: Tensor) -> Tensor:
        state = self._optimiser.state[parameter]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(parameter)
        buffer: Tensor = state["momentum_buffer"]
        return buffer

    def run(self, batches: Batches, reporter: Reporter, on_epoch: OnEpoch | None = None) -> None:
        """Train up to the settings' number of epochs."""
        for epoch in range(self.info.epoch, self._settings.epochs):
            metrics = self._epoch(epoch, batches, reporter)
            path = self._save(epoch + 1, metrics, (epoch + 1) * len(batches))
            reporter.artifact("checkpoint", path=str(path))
            if on_epoch is not None and self._group.leads:
                on_epoch(epoch + 1, metrics)

    def _epoch(self, epoch: int, batches: Batches, reporter: Reporter) -> dict[str, float]:
        torch.manual_seed(self._settings.seed * _SEED_STRIDE + epoch + 1)
        self._network.train()
        whole, recent = _Tally(), _Tally()
        steps, total = len(batches), len(batches) * self._settings.epochs
        interval = max(1, steps // _REPORTS)
        message = f"Epoch {epoch + 1} of {self._settings.epochs}"
        for index, batch in enumerate(batches.epoch(epoch)):
            step = epoch * steps + index
            reporter.progress(step, total, "steps", message)
            if batch.weight == 0 and self._group.count == 1:  # none of its images can be read
                continue
            values = self.step(batch, step, step / total)
            seen = batch.total if self._group.count > 1 else batch.weight
            whole.add(values, seen)
            recent.add(values, seen)
            if (index + 1) % interval == 0:
                reporter.metric((step + 1) / steps, **recent.means())
                recent = _Tally()
        reporter.progress((epoch + 1) * steps, total, "steps", message)
        return whole.means() | {"images_per_second": whole.rate()}

    def step(self, batch: Batch, step: int, progress: float) -> dict[str, float]:
        """Learn from one batch at ``progress`` of the training; the means of loss and metrics."""
        set_rates(self._optimiser, self._settings.schedule, progress)
        self._network.method.advance(self._network, progress)
        labels = batch.labels.to(self._device, non_blocking=True)
        normalised = self._network.normalise(batch.images)
        share = Share(self._group, batch.rows, batch.total, batch.weight)
        with sharing(share if self._group.count > 1 else None), self._precision.autocast():
            loss = self._network.method.loss(self._network, normalised, labels)
        self._optimiser.zero_grad()
        torch.autograd.backward(self._scaler.scale(loss.value * share.fraction))
        accuracy = (loss.logits.argmax(1) == labels).float().mean()
        values = {"loss": loss.value.detach(), "accuracy": accuracy}
        means = combined(self._network, values | self._network.drop_shares(), share)
        if not math.isfinite(means["loss"]):
            raise self._diverged(step + 1)
        self._scaler.step(self._optimiser)
        self._scaler.update()
        return means

    def _save(self, epoch: int, metrics: dict[str, float], steps: int) -> Path:
        if not _is_sound(self._network):
            raise self._diverged(steps)
        momentum = {
            name: self._optimiser.state[parameter]["momentum_buffer"]
            for name, parameter in self._network.named_parameters()
            if "momentum_buffer" in self._optimiser.state[parameter]
        }
        scale = self._scaler.state_dict()
        self.info = replace(self.info, epoch=epoch, metrics=metrics, loss_scale=scale)
        if self._group.leads:
            save_checkpoint(self._folder, self.info, self._network, momentum)
        return checkpoint_path(self._folder, epoch)

    def _diverged(self, step: int) -> TrainingError:
        rate = self._optimiser.param_groups[0]["lr"]
        kept = list_checkpoints(self._folder)[-1:]
        where = f"The last good checkpoint is {kept[0]}." if kept else "There is no checkpoint yet."
        return TrainingError(
            f"The loss diverged at step {step} with learning rate {rate:.3g}. {where}",
            remedy="Start again with a lower learning rate.",
        )


def _is_sound(network: Network) -> bool:
    """Whether weights and running statistics are numbers, and the latter ones of a use.

    Batch norm divides by the deviation of its batch, so that the loss may stay finite long after
    the features behind it have grown beyond all bounds; in eval the network would be useless.
    """
    values = [*network.parameters(), *network.buffers()]
    floats = [value for value in values if value.is_floating_point()]
    if not bool(torch.stack([value.detach().abs().max() for value in floats]).isfinite().all()):
        return False
    variances = [m.running_var for m in network.modules() if isinstance(m, _BatchNorm)]
    return all(float(variance.max()) < _ABSURD for variance in variances if variance is not None)


class _Tally:
    """Means of named values over the images seen."""

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self._count = 0
        self._began = time.monotonic()

    def add(self, values: Mapping[str, float], count: int) -> None:
        for name, value in values.items():
            self._sums[name] = self._sums.get(name, 0.0) + value * count
        self._count += count

    def means(self) -> dict[str, float]:
        return {name: total / max(self._count, 1) for name, total in self._sums.items()}

    def rate(self) -> float:
        """Images per second of wall time."""
        return self._count / max(time.monotonic() - self._began, 1e-9)
