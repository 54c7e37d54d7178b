"""What a training step of each method costs beside plain CAM's, and what reading images costs.

    python -m tests.benchmarks.training_speed --backbone squeezenet1_1 --methods dgdm adl dropblock
    python -m tests.benchmarks.training_speed --loader IMAGES

Steps are interleaved: each round trains one step of every method and then one of CAM again, so that
whatever else the machine does meanwhile meets all alike. A figure is the median over the rounds of
a method's step divided by the mean of the two CAM steps around it, in CPU time and in wall time
(on a GPU, wall time alone counts), and beside it the mean, as a step may be of several kinds.
Memory is the peak of live tensors during a step, the worst of eight.
"""

# ruff: noqa: T201
from __future__ import annotations

import argparse
import gc
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from torch.profiler import ProfilerActivity, profile

from engine.jobs.catalogue import recipe
from engine.jobs.ranks import ALONE
from engine.jobs.reporter import silent_reporter
from engine.learning.allocation import keep_freed_memory
from engine.learning.batches import Batch, Batches
from engine.learning.checkpoints import CheckpointInfo
from engine.learning.data import CachedImages, DecodedImages, MappedImages
from engine.learning.loop import TrainLoop
from engine.learning.network import build_network
from engine.learning.parallel import Group
from engine.learning.weights import initialise

CLASSES = tuple(f"class {number}" for number in range(10))
Step = Callable[[], None]


def make_loop(method: str, arguments: argparse.Namespace) -> TrainLoop:
    """A loop that is past every warm-up of its method."""
    settings = recipe(arguments.backbone, method)
    options = settings.options | ({"scheduled": False} if method == "dropblock" else {})
    if method == "dgdm" and arguments.drop_rate is not None:
        options["drop_rate"] = arguments.drop_rate
    settings = replace(
        settings,
        options=options,
        weights=arguments.weights,
        image_size=arguments.size,
        resize_size=arguments.size + 32,
        batch_size=arguments.batch,
        precision=arguments.precision,
        insertion=arguments.insertion,
        learning_rate=1e-4,
    )
    torch.manual_seed(0)
    network = build_network(settings, CLASSES)
    initialise(network.backbone, settings.weights, silent_reporter())
    network.train()
    device = torch.device(arguments.device)
    info = CheckpointInfo(0, settings, CLASSES, "")
    return TrainLoop(network, info, Path("unused"), Group(ALONE, device))


def some_batch(arguments: argparse.Namespace) -> Batch:
    count, side = arguments.batch, arguments.size
    if arguments.from_images:
        images = _real(arguments)
    else:
        images = torch.randint(0, 256, (count, 3, side, side), dtype=torch.uint8)
    images = images.contiguous(memory_format=torch.channels_last)
    labels = torch.randint(len(CLASSES), (count,))
    return Batch(images, labels, torch.arange(count), count, count)


def _real(arguments: argparse.Namespace) -> torch.Tensor:
    """A random batch of the folder's JPEG files, as a training would see it."""
    paths = sorted(Path(arguments.from_images).rglob("*.jp*g"))
    chosen = [paths[i] for i in torch.randperm(len(paths))[: arguments.batch]]
    source = DecodedImages(chosen, arguments.size + 32, silent_reporter())
    labels = torch.zeros(len(chosen), dtype=torch.long).numpy()
    batches = Batches(source, labels, arguments.batch, arguments.size, 0)
    return next(iter(batches.epoch(0))).images


def step_of(loop: TrainLoop, batch: Batch) -> Step:
    return lambda: loop.step(batch, 1, 0.9) and None


def timed(step: Step) -> tuple[float, float]:
    """CPU and wall seconds."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    cpu, wall = time.process_time(), time.perf_counter()
    step()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.process_time() - cpu, time.perf_counter() - wall


def ratios(steps: dict[str, Step], base: str, rounds: int) -> dict[str, str]:
    """Median and mean ratios (CPU, wall) of each step to ``base``'s, as text."""
    for step in (*steps.values(), *steps.values()):
        step()
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in steps if name != base}
    plain = timed(steps[base])
    first = plain
    for _ in range(rounds):
        for name, results in found.items():
            own = timed(steps[name])
            after = timed(steps[base])
            around = [(a + b) / 2 for a, b in zip(plain, after, strict=True)]
            results.append((own[0] / around[0], own[1] / around[1]))
            plain = after
    print(f"  a step of {base}: {first[0]:.3f} s CPU, {first[1]:.3f} s wall")
    return {name: _summary(results) for name, results in found.items()}


def _summary(results: list[tuple[float, float]]) -> str:
    cpu, wall = ([result[kind] for result in results] for kind in (0, 1))
    return "  ".join(
        f"{name} {statistics.median(values):.3f} (mean {statistics.mean(values):.3f})"
        for name, values in (("CPU time", cpu), ("wall", wall))
    )


def peak_memory(step: Step, device: str) -> int:
    """Bytes of tensors at the worst moment of a step, beyond what is there before it."""
    step()
    gc.collect()
    if device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        step()
        return torch.cuda.max_memory_allocated() - before
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        step()
    present = peak = 0
    for event in seen.profiler.kineto_results.events():  # type: ignore[union-attr]
        if event.name() == "[memory]":
            present += event.nbytes()
            peak = max(peak, present)
    return peak


def compare_methods(arguments: argparse.Namespace) -> None:
    batch = some_batch(arguments)
    loops = {name: make_loop(name, arguments) for name in ("cam", *arguments.methods)}
    steps = {name: step_of(loop, batch) for name, loop in loops.items()}
    print(f"{arguments.backbone}, batch {arguments.batch}, {arguments.size} px, insertion "
          f"{arguments.insertion}, {arguments.precision}, {arguments.device}, "
          f"{torch.get_num_threads()} threads, {arguments.rounds} rounds")  # fmt: skip
    for name, found in ratios(steps, "cam", arguments.rounds).items():
        print(f"  {name:10s} {found}")
    plain = peak_memory(steps["cam"], arguments.device)
    for name in arguments.methods:
        of_method = max(peak_memory(steps[name], arguments.device) for _ in range(8))
        print(f"  {name:10s} memory {of_method / plain:.3f}  (CAM {plain / 2**20:.0f} MiB)")


def compare_loaders(arguments: argparse.Namespace) -> None:
    """A step with images from files, from memory and from nowhere."""
    paths = sorted(Path(arguments.loader).rglob("*.jp*g"))[: arguments.images]
    loop = make_loop("cam", arguments)
    settings = loop.info.settings
    still = some_batch(arguments)
    sources = {
        "memory": CachedImages,
        "disk": partial(MappedImages, folder=Path(tempfile.gettempdir())),
        "files": DecodedImages,
    }
    steps: dict[str, Step] = {"tensors": step_of(loop, still)}
    for name, kind in sources.items():
        source = kind(paths, settings.resize_size, silent_reporter())
        labels = torch.arange(len(paths)).remainder(len(CLASSES)).numpy()
        batches = Batches(source, labels, arguments.batch, arguments.size, 0)
        steps[name] = _fed(loop, batches)
    print(f"{len(paths)} JPEG files, {arguments.backbone}, batch {arguments.batch}")
    for name, found in ratios(steps, "tensors", arguments.rounds).items():
        print(f"  from {name:8s} {found}")


def _fed(loop: TrainLoop, batches: Batches) -> Step:
    def endless() -> object:
        epoch = 0
        while True:
            for batch in batches.epoch(epoch):
                if len(batch.labels) == batches.batch_size:
                    yield batch
            epoch += 1

    stream = endless()
    return lambda: loop.step(next(stream), 1, 0.9) and None  # type: ignore[call-overload]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backbone", default="squeezenet1_1")
    parser.add_argument("--methods", nargs="+", default=["dgdm", "adl", "dropblock"])
    parser.add_argument("--drop-rate", type=float, help="of dgdm: 1 always erases, 0 never")
    parser.add_argument("--insertion", default="default")
    parser.add_argument("--weights", default="none", help="of the backbone: what it drops depends")
    parser.add_argument("--from-images", help="a folder of JPEG files instead of noise")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--freed-memory-to-system", action="store_true", help="as glibc does it")
    parser.add_argument("--loader", help="a folder of JPEG files: compare where images come from")
    parser.add_argument("--images", type=int, default=200)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if not arguments.freed_memory_to_system:
        keep_freed_memory()
    compare_loaders(arguments) if arguments.loader else compare_methods(arguments)


if __name__ == "__main__":
    main()
