"""The dialogs one by one: what they show, check and ask for."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from app import icons, theme
from app.actions import ActionRegistry
from app.dialogs.error_dialog import ErrorDialog
from app.dialogs.new_project import NewProjectDialog, problem_with
from app.dialogs.propose import ProposeDialog
from app.dialogs.shortcuts import ShortcutsDialog
from app.dialogs.train import TrainDialog
from app.dialogs.train_form import TrainForm
from app.job_runner import JobRunner
from app.panels.start_page import display_name
from app.panels.training_view import TrainingView
from app.settings import AppSettings
from app.trouble import Trouble
from engine.domain.errors import InputError
from engine.domain.records import RunKind, RunRecord, RunState
from engine.domain.settings import BoxSettings, Normalisation, TrainSettings
from engine.jobs.catalogue import BACKBONES, METHODS, BackboneInfo, recipe
from engine.jobs.events import Metric
from tests.gui.whole_window import spoken


def test_the_form_gives_back_what_it_was_shown(qtbot: QtBot) -> None:
    settings = TrainSettings(
        method="dgdm",
        options={"gamma_h": 0.8, "background": False, "block_h": "adaptive"},
        backbone="resnet18",
        weights="none",
        epochs=7,
        batch_size=16,
        image_size=160,
        resize_size=180,
        learning_rate=0.002,
        seed=5,
        device="cpu",
        precision="float32",
    )
    form = TrainForm(settings)
    qtbot.addWidget(form)
    assert form.settings() == settings


@pytest.mark.parametrize("info", BACKBONES, ids=lambda info: info.name)
def test_a_backbone_brings_its_recipe(qtbot: QtBot, info: BackboneInfo) -> None:
    form = TrainForm(TrainSettings(seed=3))
    qtbot.addWidget(form)
    form.backbone.setCurrentIndex(form.backbone.findData("vgg16"))
    form.backbone.setCurrentIndex(form.backbone.findData(info.name))
    chosen, expected = form.settings(), recipe(info.name)
    assert (chosen.epochs, chosen.image_size) == (expected.epochs, expected.image_size)
    assert (chosen.weights, chosen.learning_rate) == (expected.weights, expected.learning_rate)
    assert chosen.seed == 3
    offered = [form.weights.itemData(i) for i in range(form.weights.count())]
    assert ("imagenet" in offered) == info.imagenet


@pytest.mark.parametrize("method", [info.name for info in METHODS])
def test_only_the_options_of_the_chosen_method_are_shown(qtbot: QtBot, method: str) -> None:
    form = TrainForm(TrainSettings())
    qtbot.addWidget(form)
    form.method.setCurrentIndex(form.method.findData(method))
    shown = [name for name, fields in form.options.items() if not fields.isHidden()]
    assert shown == [method]
    assert form.settings().method == method


def test_an_option_out_of_bounds_is_told_and_nothing_starts(qtbot: QtBot) -> None:
    dialog = TrainDialog(JobRunner(), TrainSettings())
    qtbot.addWidget(dialog)
    wanted: list[object] = []
    dialog.wanted.connect(wanted.append)
    dialog.form.options["dgdm"].field("gamma_h").setText("7")
    with pytest.raises(InputError, match="gamma_h"):
        dialog.form.settings()
    QTest.mouseClick(dialog.start_button, Qt.MouseButton.LeftButton)
    assert wanted == []
    assert "gamma_h" in dialog.problem.text()


def test_weights_from_a_file_need_the_file(qtbot: QtBot) -> None:
    dialog = TrainDialog(JobRunner(), TrainSettings(weights="/models/mine.pth"))
    qtbot.addWidget(dialog)
    assert dialog.form.settings().weights == "/models/mine.pth"
    dialog.form.weights_file.set_text("")
    assert not dialog.start_button.isEnabled()
    dialog.form.weights_file.set_text("/models/other.safetensors")
    assert dialog.start_button.isEnabled()


def test_proposing_asks_for_what_was_chosen(qtbot: QtBot) -> None:
    settings = {"train": {"method": "dgdm", "backbone": "squeezenet1_1", "epochs": 12}}
    now = datetime.now().astimezone()
    runs = [
        RunRecord(number, RunKind.TRAIN, RunState.FINISHED, None, settings, {}, None, now)
        for number in (4, 2)
    ]
    boxes = BoxSettings(Normalisation.MAX, 30.0, 0.3, True, 0.02)
    dialog = ProposeDialog("/p", runs, boxes, True)
    qtbot.addWidget(dialog)
    assert dialog.run.itemText(0).startswith("Run 4: DGDM on SqueezeNet 1.1, 12 epochs")
    assert dialog.request().boxes == boxes
    assert dialog.request().run == 4
    dialog.run.setCurrentIndex(1)
    dialog.flip.setChecked(True)
    request = dialog.request()
    assert (request.run, request.maps.flip, request.boxes_only) == (2, True, False)
    dialog.stored.setChecked(True)
    assert (dialog.request().run, dialog.request().boxes_only) == (None, True)
    assert not dialog.run.isEnabled()


def test_what_speaks_against_a_new_project(tmp_path: Path) -> None:
    images, labels = tmp_path / "images", tmp_path / "labels.csv"
    images.mkdir()
    labels.write_text("image,class\n")
    assert problem_with(str(images), str(labels), str(tmp_path / "new")) is None
    assert "no folder" in (problem_with(str(tmp_path / "gone"), "", "") or "")
    assert "no file" in (problem_with(str(images), str(tmp_path / "gone.csv"), "") or "")
    assert "is a file" in (problem_with(str(images), "", str(labels)) or "")
    assert "of its own" in (problem_with(str(images), "", str(images)) or "")


def test_the_project_folder_is_suggested_until_a_person_types_one(
    qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = NewProjectDialog(JobRunner())
    qtbot.addWidget(dialog)
    dialog.images.set_text(str(tmp_path / "Vögel"))
    assert dialog.project.text() == str(tmp_path / "Vögel-boxes")
    dialog.project.edit.clear()
    QTest.keyClicks(dialog.project.edit, "mine")
    dialog.images.set_text(str(tmp_path))
    assert dialog.project.text() == "mine"


def test_an_error_can_be_read_copied_and_looked_into(qtbot: QtBot) -> None:
    trouble = Trouble("Title", "What happened.", "/a/b.jpg", "byte 3", "Do this.", "Kept.", "Trace")
    dialog = ErrorDialog(trouble, offer="Try again")
    qtbot.addWidget(dialog)
    taken: list[bool] = []
    dialog.accepted.connect(lambda: taken.append(True))
    dialog.show()
    assert not dialog.details.isVisible()
    QTest.mouseClick(dialog.details_button, Qt.MouseButton.LeftButton)
    assert dialog.details.isVisible()
    assert dialog.offer_button is not None
    QTest.mouseClick(dialog.offer_button, Qt.MouseButton.LeftButton)
    assert taken == [True]


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_long_path_of_an_error_breaks_after_its_folders(
    qtbot: QtBot, qapp: QApplication, language: str
) -> None:
    path = "/a folder with a name" * 12 + "/b.jpg"
    with spoken(qapp, language):
        dialog = ErrorDialog(Trouble("Title", "What happened.", path, "a/b", "Do this.", "Kept."))
        qtbot.addWidget(dialog)
        texts = [field.text() for field in dialog.findChildren(QLabel)]
    assert path.replace("/", "/\u200b") in texts
    assert "a/b" in texts


def test_curves_tell_loss_from_shares_and_stay_few(qtbot: QtBot) -> None:
    view = TrainingView()
    qtbot.addWidget(view)
    view.clear(12)
    for step in range(9000):
        values = {"loss": 2.0, "accuracy": 0.5, "images_per_second": 300.0, "bad": float("nan")}
        view.add(Metric(step / 100, values))
    assert 1000 < len(view.values("loss")) <= 4000
    assert view.values("images_per_second") == []
    assert view.values("bad") == []
    names = [curve.name() for curve in view.share_plot.getPlotItem().listDataItems()]
    assert names == ["accuracy"]


def test_a_key_is_changed_by_typing_it(qtbot: QtBot, tmp_path: Path) -> None:
    registry = ActionRegistry(store=AppSettings(tmp_path / "window.ini"))
    dialog = ShortcutsDialog(registry)
    qtbot.addWidget(dialog)
    dialog.choose("review.skip")
    dialog.editor.setKeySequence(QKeySequence("X"))
    assert not dialog.set_button.isEnabled()
    assert "Reject" in dialog.note.text()
    dialog.editor.setKeySequence(QKeySequence("P"))
    QTest.mouseClick(dialog.set_button, Qt.MouseButton.LeftButton)
    assert registry.keys("review.skip") == ("P",)
    assert AppSettings(tmp_path / "window.ini").shortcuts() == {"review.skip": ("P",)}
    QTest.mouseClick(dialog.reset_button, Qt.MouseButton.LeftButton)
    assert registry.keys("review.skip") == ("S",)


def test_keys_are_found_by_name_and_by_key(qtbot: QtBot) -> None:
    dialog = ShortcutsDialog(ActionRegistry())
    qtbot.addWidget(dialog)
    everything = len(dialog.shown_actions())
    assert everything == len(ActionRegistry().ids())
    dialog.search.setText("heatmap")
    assert dialog.shown_actions() == ["view.heatmap"]
    dialog.search.setText("ctrl+shift+z")
    assert dialog.shown_actions() == ["edit.redo"]


def test_every_icon_of_an_action_can_be_drawn(qtbot: QtBot) -> None:
    registry = ActionRegistry()
    registry.set_icons(theme.themed_icon)
    drawn = [name for name in registry.ids() if registry.spec(name).icon is not None]
    assert len(drawn) > 20
    assert all(not registry.action(name).icon().pixmap(20, 20).isNull() for name in drawn)
    image = icons.pixmap("accept", "#ff0000", 32).toImage()
    painted = [
        image.pixelColor(x, y)
        for x in range(32)
        for y in range(32)
        if image.pixelColor(x, y).alpha()
    ]
    assert painted
    assert all(colour.red() > 200 and colour.blue() < 60 for colour in painted)


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_words_stand_out_from_what_is_behind_them(colours: theme.Colours) -> None:
    """WCAG 2.1: at least 4.5 to 1 for text, 3 to 1 for what marks something."""
    for behind in (colours.window, colours.surface):
        for words in (colours.text, colours.muted):
            assert contrast(words, behind) >= 4.5, (words, behind)
        for mark in (colours.accent, colours.accepted, colours.rejected, colours.problem):
            assert contrast(mark, behind) >= 3.0, (mark, behind)
    assert contrast(colours.on_accent, colours.accent) >= 4.5


def contrast(a: str, b: str) -> float:
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_project_is_called_so_that_it_can_be_told_from_others() -> None:
    assert display_name(Path("/data/birds")) == "birds"
    assert display_name(Path("/data/sample/project")) == "sample / project"
    if sys.platform != "win32":
        assert display_name(Path("/")) == "/"
