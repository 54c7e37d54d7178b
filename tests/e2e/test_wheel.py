"""The wheel: built from a source distribution, installed and used outside the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("app", "engine", "resources", "pyproject.toml", "README.md", "LICENSE")
NO_SOURCE = ("__pycache__", "*.pyc", "*.egg-info")

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Installed:
    """A virtual environment that holds the wheel, and a folder outside the checkout to work in."""

    wheel: Path
    scripts: Path
    packages: Path
    work: Path

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        misleading = {"PYTHONPATH", "VIRTUAL_ENV", "PYTHONHOME"}
        environment = {key: value for key, value in os.environ.items() if key not in misleading}
        program, *arguments = command
        return subprocess.run(
            [self.scripts / program, *arguments],
            cwd=self.work,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def python(self, code: str) -> str:
        """What a Python program prints that has the wheel and nothing of the checkout."""
        done = self.run("python", "-c", code)
        assert done.returncode == 0, done.stderr
        return done.stdout


def _source_copy(folder: Path) -> Path:
    """What is packaged, without what earlier builds left in the checkout."""
    for name in PARTS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(*NO_SOURCE))
        else:
            folder.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, folder)
    return folder


def _call(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    base = tmp_path_factory.mktemp("outside")
    source, out, venv = _source_copy(base / "source"), base / "dist", base / "venv"
    # without --wheel: the source distribution first, and the wheel from that
    _call(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, source)
    (wheel,) = out.glob("*.whl")
    shutil.rmtree(source)
    _call(sys.executable, "-m", "venv", "--without-pip", venv)
    names = {"base": str(venv), "platbase": str(venv)}
    scheme = "venv"
    scripts = Path(sysconfig.get_path("scripts", scheme, names))
    packages = Path(sysconfig.get_path("purelib", scheme, names))
    python = scripts / Path(sys.executable).name
    _call(
        *(sys.executable, "-m", "pip", "--python", python, "install"),
        *("--no-deps", "--no-index", "--disable-pip-version-check", wheel),
    )
    # The dependencies of the environment that runs the tests, after the wheel, so that nothing is
    # downloaded again. Its own .pth files, and with them an editable Boxwright, are not followed.
    dependencies = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (packages / "dependencies.pth").write_text("\n".join(sorted(dependencies)))
    work = base / "work"
    work.mkdir()
    return Installed(wheel, scripts, packages, work)


@pytest.fixture
def images(installed: Installed) -> Path:
    """Two classes of three images each, of noise."""
    random = np.random.default_rng(0)
    folder = installed.work / "my images"
    for name in ("crow", "wren"):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(3):
            pixels = random.integers(0, 255, (48, 64, 3), np.uint8)
            assert cv2.imwrite(str(folder / name / f"{number}.png"), pixels)
    return folder


def _files_of_the_checkout() -> set[str]:
    """Relative paths of what has to be in the wheel."""
    return {
        path.relative_to(ROOT).as_posix()
        for top in ("app", "engine", "resources")
        for path in (ROOT / top).rglob("*")
        if path.is_file() and path.suffix != ".pyc" and not path.name.startswith(".")
    }


def test_it_holds_every_file_and_nothing_else(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as wheel:
        names = set(wheel.namelist())
    packaged = {name for name in names if ".dist-info/" not in name}
    assert packaged == _files_of_the_checkout()


def test_it_names_its_licence_command_and_dependencies(installed: Installed) -> None:
    code = (
        "import json; from importlib.metadata import distribution; d = distribution('boxwright');"
        "print(json.dumps([d.metadata['License-Expression'], d.metadata['Requires-Python'],"
        "[e.name for e in d.entry_points], d.requires]))"
    )
    licence, python, commands, requires = json.loads(installed.python(code))
    assert licence == "MIT"
    assert python == ">=3.11"
    assert commands == ["boxwright"]
    assert any(text.startswith("torch>=") for text in requires)


def test_resources_are_read_through_importlib(installed: Installed) -> None:
    code = (
        "import json; from importlib.resources import files\n"
        "def walk(folder, prefix):\n"
        "    for item in folder.iterdir():\n"
        "        name = prefix + item.name\n"
        "        if item.is_dir():\n"
        "            yield from walk(item, name + '/')\n"
        "        else:\n"
        "            yield name, len(item.read_bytes())\n"
        "print(json.dumps(dict(walk(files('resources'), 'resources/'))))"
    )
    found = json.loads(installed.python(code))
    expected = {
        name: (ROOT / name).stat().st_size
        for name in _files_of_the_checkout()
        if name.startswith("resources/")
    }
    assert expected
    assert {name: found.get(name) for name in expected} == expected


def test_nothing_comes_from_the_checkout(installed: Installed) -> None:
    code = (
        "import sys, json, app, engine, resources, engine.cli.main, engine.store.project,"
        " engine.jobs.wire, engine.learning.training\n"
        "print(json.dumps([m.__file__ for n, m in sys.modules.items() if n.split('.')[0] in"
        " ('app', 'engine', 'resources') and getattr(m, '__file__', None)]))"
    )
    files = [Path(name) for name in json.loads(installed.python(code))]
    assert len(files) > 20
    assert [file for file in files if not file.is_relative_to(installed.packages)] == []


def test_the_command_is_on_the_path(installed: Installed) -> None:
    version = installed.run("boxwright", "--version")
    assert (version.returncode, version.stderr) == (0, "")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert version.stdout == f"boxwright {project['version']}\n"
    help_text = installed.run("boxwright", "--help")
    assert help_text.returncode == 0
    for command in ("new", "train", "propose", "export", "evaluate", "status", "demo", "open"):
        assert f" {command} " in help_text.stdout


def test_a_project_is_made_and_its_status_told(installed: Installed, images: Path) -> None:
    """Needs the migrations of the store, which are not Python files alone."""
    project = installed.work / "birds"
    made = installed.run("boxwright", "new", project, "--images", images)
    assert made.returncode == 0, made.stderr
    status = installed.run("boxwright", "status", project, "--json")
    assert status.returncode == 0, status.stderr
    told = json.loads(status.stdout)
    assert told["classes"] == {"crow": 3, "wren": 3}
    assert told["states"]["unreviewed"] == 6


def test_the_worker_answers_from_the_wheel(installed: Installed) -> None:
    """The window starts it as a module; a request that is none fails with a message."""
    done = subprocess.run(
        [installed.scripts / "python", "-m", "engine.worker"],
        cwd=installed.work,
        input="{}\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])
