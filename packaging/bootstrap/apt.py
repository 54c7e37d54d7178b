"""Debian's and Ubuntu's packages: installed where that is allowed, else named with the command."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from bootstrap.console import SetupError, run_logged, step, tail

OPTIONS = ("-o", "DPkg::Lock::Timeout=300")  # a fresh machine is often busy with its own updates


def command_for(packages: Sequence[str]) -> str:
    """What a person types to install the packages."""
    sudo = "" if _is_root() else "sudo "
    return f"{sudo}apt-get update && {sudo}apt-get install -y {' '.join(packages)}"


def privilege() -> list[str] | None:
    """What goes before ``apt-get``: nothing for root, else a sudo that asks nothing; None: no."""
    if shutil.which("apt-get") is None:
        return None
    if _is_root():
        return []
    if shutil.which("sudo") is None:
        return None
    answer = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
    return ["sudo", "-n"] if answer.returncode == 0 else None


def install(packages: Sequence[str], log: Path, before: Sequence[str]) -> None:
    """Install packages; ``before`` is what ``privilege`` gave. The error says what apt-get said."""
    get = [*before, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *OPTIONS]
    start = log.stat().st_size if log.exists() else 0
    with step(f"Installing system packages: {' '.join(packages)}") as line:
        # A failing update (one dead source among many) may still leave the packages within reach.
        # Not breakable: packages that are half unpacked leave a system to be repaired by hand.
        run = partial(run_logged, log=log, on_line=line.note, breakable=False)
        run([*get, "update"])
        code = run([*get, "install", "-y", "--no-install-recommends", *packages])
        if code != 0:
            raise SetupError(
                f"apt-get could not install them:\n{tail(log, start)}\n"
                f"See to it, or install them by hand:\n  {command_for(packages)}"
            )


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
