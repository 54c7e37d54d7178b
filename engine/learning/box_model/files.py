"""A box model on disk: tensors as safetensors, all else as JSON in its header. Nothing runs."""

from __future__ import annotations

from pathlib import Path

import msgspec
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from engine.domain.errors import CheckpointError
from engine.domain.settings import BoxModelSettings
from engine.learning.box_model.head import Head
from engine.learning.box_model.model import BoxModel
from engine.store.files import write_atomic

_FORMAT = "boxwright box model 1"


class _Facts(msgspec.Struct, frozen=True):
    settings: BoxModelSettings
    channels: int
    grids_key: str
    trained: int
    several: bool = False


def save_box_model(model: BoxModel, path: Path) -> None:
    """Write ``model``; an earlier file is replaced as a whole or not at all."""
    facts = _Facts(model.settings, model.channels, model.grids_key, model.trained, model.several)
    tensors = {
        f"{member}.{name}": value.detach().cpu().contiguous()
        for member, head in enumerate(model.heads)
        for name, value in head.state_dict().items()
    }
    metadata = {"format": _FORMAT, "facts": msgspec.json.encode(facts).decode()}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, save(tensors, metadata))


def load_box_model(path: Path) -> BoxModel | None:
    """The model at ``path``; None if there is none. Raises CheckpointError if it is damaged."""
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if metadata.get("format") != _FORMAT:
            raise _damaged(path, "it is of another kind")
        facts = msgspec.json.decode(metadata["facts"], type=_Facts)
        heads = [_head(facts, tensors, member) for member in range(facts.settings.members)]
    except (SafetensorError, msgspec.MsgspecError, KeyError, RuntimeError) as error:
        raise _damaged(path, str(error)) from error
    return BoxModel(tuple(heads), facts.settings, facts.channels, facts.grids_key, facts.trained)


def _head(facts: _Facts, tensors: dict[str, torch.Tensor], member: int) -> Head:
    head = Head(facts.channels, facts.settings, facts.several)
    prefix = f"{member}."
    own = {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
    head.load_state_dict(own)
    head.eval()
    return head


def _damaged(path: Path, reason: str) -> CheckpointError:
    return CheckpointError(
        f"The box model cannot be read ({reason}).",
        path=path,
        remedy="Learn again; it is made anew from your boxes.",
    )
