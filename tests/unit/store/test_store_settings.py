"""settings.json: atomic, and never in the way of opening a project."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

import pytest

from engine.domain.settings import BoxSettings, Normalisation, TrainSettings
from engine.store.project import Project, ProjectSettings


def test_defaults_without_a_file(project: Project):
    assert project.settings() == ProjectSettings(BoxSettings(), TrainSettings())
    assert not (project.folder / "settings.json").exists()


def test_settings_come_back_as_saved(project: Project):
    settings = ProjectSettings(
        boxes=BoxSettings(normalisation=Normalisation.MAX, threshold=0.35, multiple=True),
        train=TrainSettings(method="cam", options={"drop": 0.5}, epochs=3),
    )
    project.save_settings(settings)
    assert project.settings() == settings
    assert not list(project.folder.glob("*.new")) + list(project.folder.glob(".*"))


def test_unknown_and_missing_fields_do_no_harm(project: Project):
    text = json.dumps({"boxes": {"threshold": 0.4}, "of_tomorrow": 1})
    (project.folder / "settings.json").write_text(text)
    assert project.settings().boxes == replace(BoxSettings(), threshold=0.4)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b"[]", b'{"boxes": {"threshold": "high"}}']
)
def test_a_damaged_file_is_set_aside(
    content: bytes, project: Project, caplog: pytest.LogCaptureFixture
):
    path = project.folder / "settings.json"
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert project.settings() == ProjectSettings()
    assert not path.exists()
    assert path.with_name("settings.json.damaged").read_bytes() == content
    assert str(path) in caplog.text
