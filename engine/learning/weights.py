"""Starting weights of a backbone: torchvision's ImageNet ones, a file's, or none.

Files are read as data only: ``.safetensors``, or ``.pth`` with ``weights_only=True``.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import tempfile
import urllib.error
import urllib.request
import warnings
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from engine.domain.errors import CheckpointError, InputError, StorageError
from engine.jobs.reporter import Reporter
from engine.learning.backbones.base import Backbone

_CHUNK = 1 << 18
_TIMEOUT = 20.0  # seconds without an answer


def initialise(backbone: Backbone, weights: str, reporter: Reporter) -> bool:
    """Load ``weights`` (``imagenet``, ``none`` or a file) into ``backbone``.

    Returns whether the backbone is pretrained now. Raises CheckpointError for a file that is
    missing, unsafe or of another network, and when the download fails.
    """
    if weights == "none":
        return False
    path = _imagenet_file(backbone, reporter) if weights == "imagenet" else Path(weights)
    load_into(backbone, read_state(path), path)
    return True


def read_state(path: Path) -> dict[str, Tensor]:
    """The tensors of a weights file by name. Raises CheckpointError; never runs code from it."""
    if not path.is_file():
        raise CheckpointError(
            "There is no such weights file.", path=path, remedy="Give a .pth or .safetensors file."
        )
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        with warnings.catch_warnings():  # of foreign pickles, which are refused below anyway
            warnings.simplefilter("ignore", UserWarning)
            state = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            "It holds more than tensors (pickled code), or is no weights file; it was not loaded.",
            path=path,
            remedy="Ask its author for a plain state dict or a .safetensors file.",
        ) from error
    except (SafetensorError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise _damaged(path) from error
    return _checked_state(state, path)


def load_into(backbone: Backbone, state: dict[str, Tensor], path: Path) -> None:
    """Copy ``state`` into ``backbone``; layers that are new in it keep their random weights.

    Raises CheckpointError naming the first missing, unexpected or differently shaped keys.
    """
    wanted = backbone.state_dict()
    new = {f"{name}." for name, m in backbone.named_modules() if m in backbone.new_layers()}
    given = {k: v for k, v in state.items() if not k.startswith(backbone.classifier_keys)}
    for key in wanted:  # files from before torch 0.4 lack the counters of batch norm
        if key.endswith("num_batches_tracked"):
            given.setdefault(key, wanted[key])
    missing = [k for k in wanted if k not in given and not k.startswith(tuple(new))]
    unexpected = [k for k in given if k not in wanted]
    reshaped = [k for k in given if k in wanted and given[k].shape != wanted[k].shape]
    if missing or unexpected or reshaped:
        raise mismatch(path, missing, unexpected, reshaped)
    backbone.load_state_dict(given, strict=False)


def mismatch(
    path: Path, missing: list[str], unexpected: list[str], reshaped: list[str]
) -> CheckpointError:
    """The error for weights of another network, naming the first keys of each kind."""
    kinds = (("missing", missing), ("unexpected", unexpected), ("of another shape", reshaped))
    found = [f"{what}: {', '.join(keys[:3])}" for what, keys in kinds if keys]
    return CheckpointError(
        f"These weights are not of this network ({'; '.join(found)}).",
        path=path,
        remedy="Choose the backbone that they were made for.",
    )


def _checked_state(state: object, path: Path) -> dict[str, Tensor]:
    if isinstance(state, dict) and isinstance(state.get("state_dict"), dict):
        state = state["state_dict"]
    if not isinstance(state, dict) or not state:
        raise _damaged(path)
    if not all(isinstance(k, str) and isinstance(v, Tensor) for k, v in state.items()):
        raise CheckpointError(
            "It is no state dict: not all of its entries are named tensors.",
            path=path,
            remedy="Save the network's state_dict() and give that file.",
        )
    return state


def _damaged(path: Path) -> CheckpointError:
    return CheckpointError(
        "It is damaged, or no weights file.",
        path=path,
        remedy="Give a state dict in .pth or .safetensors format.",
    )


def _imagenet_file(backbone: Backbone, reporter: Reporter) -> Path:
    if backbone.imagenet is None:
        raise InputError(
            f"There are no ImageNet weights for the backbone {type(backbone).__name__}.",
            remedy="Choose weights 'none', or a file.",
        )
    url: str = backbone.imagenet.url
    target = Path(torch.hub.get_dir()) / "checkpoints" / url.rsplit("/", 1)[1]
    if not target.exists():
        _download(url, target, reporter)
    return target


def _download(url: str, target: Path, reporter: Reporter) -> None:
    """Fetch ``url`` to ``target``, which appears only once it is whole and its hash is right."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            digest = _fetch(url, out.fileno(), target.name, reporter)
        expected = re.search(r"-([0-9a-f]{8,})\.", target.name)
        if expected and not digest.startswith(expected[1]):
            raise CheckpointError("The download is damaged.", path=url, remedy="Try again.")
        part.replace(target)
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise CheckpointError(
            f"The ImageNet weights could not be downloaded ({_reason(error)}).",
            path=url,
            remedy="Go online once, or give a weights file, or train the backbone 'compact' "
            "with weights 'none'.",
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _fetch(url: str, out: int, name: str, reporter: Reporter) -> str:
    digest = hashlib.sha256()
    with urllib.request.urlopen(url, timeout=_TIMEOUT) as answer:
        total, done = int(answer.headers.get("Content-Length") or 0), 0
        while chunk := answer.read(_CHUNK):
            _write(out, chunk, name)
            digest.update(chunk)
            done += len(chunk)
            reporter.progress(done, total, "bytes", f"Downloading {name}")
    return digest.hexdigest()


def _write(out: int, chunk: bytes, name: str) -> None:
    try:
        os.write(out, chunk)
    except OSError as error:
        raise StorageError(
            f"The download could not be written ({error.strerror}).", path=name
        ) from error


def _reason(error: Exception) -> str:
    return str(getattr(error, "reason", error)) or type(error).__name__
