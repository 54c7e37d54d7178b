"""Starting weights: only tensors, only of the right network, and a clear word when offline."""

from __future__ import annotations

import pickle
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from engine.domain.errors import CheckpointError, InputError
from engine.jobs.reporter import silent_reporter
from engine.learning.backbones import make_backbone
from engine.learning.weights import initialise


class Evil:
    """Runs code when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.mark,)


def torchvision_state(name: str = "squeezenet1_1") -> dict[str, torch.Tensor]:
    """A full state dict as torchvision writes it, classifier included."""
    import torchvision

    torch.manual_seed(7)
    return dict(getattr(torchvision.models, name)().state_dict())


def test_none_leaves_random_weights() -> None:
    backbone = make_backbone("compact")
    before = backbone.state_dict()["stem.0.0.weight"].clone()
    assert initialise(backbone, "none", silent_reporter()) is False
    assert torch.equal(before, backbone.state_dict()["stem.0.0.weight"])


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_file_in_torchvisions_layout_is_taken_over(tmp_path: Path, suffix: str) -> None:
    state, path = torchvision_state(), tmp_path / f"weights{suffix}"
    if suffix == ".pth":
        torch.save(state, path)
    else:
        save_file(state, path)
    backbone = make_backbone("squeezenet1_1")
    assert initialise(backbone, str(path), silent_reporter()) is True
    for name, value in backbone.state_dict().items():
        assert torch.equal(value, state[name]), name


def test_new_layers_keep_their_random_weights(tmp_path: Path) -> None:
    backbone = make_backbone("vgg16")
    extra = backbone.state_dict()["extra.0.weight"].clone()
    state = {k: v + 1 for k, v in backbone.state_dict().items() if not k.startswith("extra.")}
    torch.save({**state, "classifier.0.weight": torch.zeros(1)}, tmp_path / "vgg.pth")
    initialise(backbone, str(tmp_path / "vgg.pth"), silent_reporter())
    assert torch.equal(backbone.state_dict()["extra.0.weight"], extra)
    assert torch.equal(backbone.state_dict()["features.0.bias"], state["features.0.bias"])


def test_other_backbones_file_names_the_first_keys(tmp_path: Path) -> None:
    path = tmp_path / "resnet.pth"
    torch.save(torchvision_state("resnet18"), path)
    with pytest.raises(
        CheckpointError,
        match=r"missing: features\.0\.weight.*unexpected: conv1\.weight, bn1\.weight",
    ) as caught:
        initialise(make_backbone("squeezenet1_1"), str(path), silent_reporter())
    assert caught.value.path == str(path)


def test_other_width_is_told(tmp_path: Path) -> None:
    state = torchvision_state() | {"features.0.weight": torch.zeros(1, 3, 3, 3)}
    torch.save(state, tmp_path / "thin.pth")
    with pytest.raises(CheckpointError, match=r"of another shape: features\.0\.weight"):
        initialise(make_backbone("squeezenet1_1"), str(tmp_path / "thin.pth"), silent_reporter())


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_pickled_code_is_refused_and_never_runs(tmp_path: Path, suffix: str) -> None:
    path, mark = tmp_path / f"evil{suffix}", tmp_path / "it_ran"
    torch.save({"features.0.weight": Evil(mark)}, path)
    with pytest.raises(CheckpointError):
        initialise(make_backbone("squeezenet1_1"), str(path), silent_reporter())
    path.write_bytes(pickle.dumps(Evil(mark)))
    with pytest.raises(CheckpointError):
        initialise(make_backbone("squeezenet1_1"), str(path), silent_reporter())
    assert not mark.exists()


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("content", [b"", b"no weights at all", b"PK\x03\x04 cut short"])
def test_damaged_file_is_told(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"weights{suffix}"
    path.write_bytes(content)
    with pytest.raises(CheckpointError) as caught:
        initialise(make_backbone("squeezenet1_1"), str(path), silent_reporter())
    assert caught.value.path == str(path)


def test_what_is_no_state_dict_is_told(tmp_path: Path) -> None:
    torch.save([1, 2], tmp_path / "list.pth")
    torch.save({"epoch": 3}, tmp_path / "numbers.pth")
    for name in ("list.pth", "numbers.pth", "absent.pth"):
        with pytest.raises(CheckpointError):
            initialise(make_backbone("squeezenet1_1"), str(tmp_path / name), silent_reporter())


def test_compact_has_no_imagenet_weights() -> None:
    with pytest.raises(InputError, match="weights 'none'"):
        initialise(make_backbone("compact"), "imagenet", silent_reporter())


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "hub"))
    return tmp_path / "hub" / "hub" / "checkpoints"


def test_offline_is_explained_and_leaves_nothing(
    hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(*_: object, **__: object) -> None:
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.setattr(urllib.request, "urlopen", offline)
    with pytest.raises(CheckpointError, match=r"not be downloaded \(Name or service.*Go online"):
        initialise(make_backbone("squeezenet1_1"), "imagenet", silent_reporter())
    assert list(hub.iterdir()) == []


def test_download_with_a_wrong_hash_is_not_kept(
    hub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "answer").write_bytes(b"not the weights")
    real = urllib.request.urlopen
    url = (tmp_path / "answer").as_uri()
    monkeypatch.setattr(urllib.request, "urlopen", lambda *_, **__: real(url))
    with pytest.raises(CheckpointError, match="The download is damaged"):
        initialise(make_backbone("squeezenet1_1"), "imagenet", silent_reporter())
    assert list(hub.iterdir()) == []


def test_weights_downloaded_before_are_used_again(
    hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(*_: object, **__: object) -> None:
        raise AssertionError("asked the net")

    monkeypatch.setattr(urllib.request, "urlopen", offline)
    backbone = make_backbone("squeezenet1_1")
    assert backbone.imagenet is not None
    hub.mkdir(parents=True)
    state = torchvision_state()
    torch.save(state, hub / backbone.imagenet.url.rsplit("/", 1)[1])
    assert initialise(backbone, "imagenet", silent_reporter()) is True
    assert torch.equal(backbone.state_dict()["features.0.bias"], state["features.0.bias"])
