"""The loop over epochs and steps: rates, live metrics, divergence, a checkpoint per epoch."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from engine.domain.errors import TrainingError
from engine.jobs.reporter import Reporter
from engine.learning.checkpoints import CheckpointInfo, list_checkpoints, save_checkpoint
from engine.learning.data import Batches
from engine.learning.device import choose_precision
from engine.learning.network import Network
from engine.learning.optimisation import make_optimiser, set_rates

OnEpoch = Callable[[int, dict[str, float]], None]

_REPORTS = 5  # of metrics per epoch
_SEED_STRIDE = 1_000_003  # keeps the streams of neighbouring seeds apart over the epochs


class TrainLoop:
    """A training between two epochs; ``info`` describes the last checkpoint.

    Each epoch's random streams are functions of seed and epoch alone, so that weights, momentum
    and the epoch's number are all there is to resume from.
    """

    def __init__(
        self, network: Network, info: CheckpointInfo, folder: Path, device: torch.device
    ) -> None:
        self.info = info
        self._settings = info.settings
        self._network = network.place(device)
        self._folder = folder
        self._device = device
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

    def run(self, batches: Batches, reporter: Reporter, on_epoch: OnEpoch | None = None) -> None:
        """Train up to the settings' number of epochs."""
        for epoch in range(self.info.epoch, self._settings.epochs):
            metrics = self._epoch(epoch, batches, reporter)
            self._save(epoch + 1, metrics, (epoch + 1) * len(batches))
            reporter.artifact("checkpoint", path=str(list_checkpoints(self._folder)[-1]))
            if on_epoch is not None:
                on_epoch(epoch + 1, metrics)

    def _epoch(self, epoch: int, batches: Batches, reporter: Reporter) -> dict[str, float]:
        torch.manual_seed(self._settings.seed * _SEED_STRIDE + epoch + 1)
        self._network.train()
        whole, recent = _Tally(), _Tally()
        steps, total = len(batches), len(batches) * self._settings.epochs
        interval = max(1, steps // _REPORTS)
        message = f"Epoch {epoch + 1} of {self._settings.epochs}"
        for index, (images, labels) in enumerate(batches.epoch(epoch)):
            step = epoch * steps + index
            reporter.progress(step, total, "steps", message)
            values = self._step(images, labels, step, step / total)
            whole.add(values, len(labels))
            recent.add(values, len(labels))
            if (index + 1) % interval == 0:
                reporter.metric((step + 1) / steps, **recent.means())
                recent = _Tally()
        reporter.progress((epoch + 1) * steps, total, "steps", message)
        return whole.means() | {"images_per_second": whole.rate()}

    def _step(self, images: Tensor, labels: Tensor, step: int, progress: float) -> dict[str, float]:
        set_rates(self._optimiser, self._settings.schedule, progress)
        self._network.method.advance(self._network, progress)
        labels = labels.to(self._device, non_blocking=True)
        normalised = self._network.normalise(images)
        with self._precision.autocast():
            loss = self._network.method.loss(self._network, normalised, labels)
        value = float(loss.value.detach())
        if not math.isfinite(value):
            raise self._diverged(step + 1)
        self._optimiser.zero_grad()
        torch.autograd.backward(self._scaler.scale(loss.value))
        self._scaler.step(self._optimiser)
        self._scaler.update()
        accuracy = float((loss.logits.argmax(1) == labels).float().mean())
        return {"loss": value, "accuracy": accuracy, **self._network.drop_shares()}

    def _save(self, epoch: int, metrics: dict[str, float], steps: int) -> None:
        if not all(bool(p.isfinite().all()) for p in self._network.parameters()):
            raise self._diverged(steps)
        momentum = {
            name: self._optimiser.state[parameter]["momentum_buffer"]
            for name, parameter in self._network.named_parameters()
            if "momentum_buffer" in self._optimiser.state[parameter]
        }
        scale = self._scaler.state_dict()
        self.info = replace(self.info, epoch=epoch, metrics=metrics, loss_scale=scale)
        save_checkpoint(self._folder, self.info, self._network, momentum)

    def _diverged(self, step: int) -> TrainingError:
        rate = self._optimiser.param_groups[0]["lr"]
        kept = list_checkpoints(self._folder)[-1:]
        where = f"The last good checkpoint is {kept[0]}." if kept else "There is no checkpoint yet."
        return TrainingError(
            f"The loss diverged at step {step} with learning rate {rate:.3g}. {where}",
            remedy="Start again with a lower learning rate.",
        )


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
