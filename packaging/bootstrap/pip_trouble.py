"""What went wrong in pip, in words that say what to do."""

from __future__ import annotations

import platform
from pathlib import Path

from bootstrap.machine import NEWEST_TESTED

OFFLINE = (
    "NewConnectionError",
    "NameResolutionError",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "Max retries exceeded",
    "Temporary failure in name resolution",
    "Network is unreachable",
    "getaddrinfo failed",
    "ProxyError",
    "SSLError",
    "CERTIFICATE_VERIFY_FAILED",
    "IncompleteRead",
    "connection broken by",
    "Connection reset by peer",
)
NO_SPACE = ("No space left on device", "Errno 28", "not enough space on the disk")
NO_BUILD = ("No matching distribution found", "ResolutionImpossible")
LONG_PATH = ("Windows Long Path support",)
DENIED = ("Permission denied", "Access is denied", "Read-only file system")


def explain(output: str, log: Path) -> str:
    """A message for a person: the cause as far as it can be told, pip's last lines, the log."""
    last = "\n".join(f"  {line}" for line in output.splitlines()[-12:])
    return f"{cause(output)}\npip's last lines:\n{last}\nAll of it: {log}"


def cause(output: str) -> str:
    """The likely cause, and what to do about it."""

    def says(phrases: tuple[str, ...]) -> bool:
        return any(phrase in output for phrase in phrases)

    if says(NO_SPACE):
        return (
            "The disk is full: pip needs room for the environment and, while it installs, for the"
            " downloads in the temporary folder (TMPDIR). Make room and start again."
        )
    if says(LONG_PATH):
        return (
            "The path is too long for Windows. Put the folder nearer to the drive's root, or turn"
            " on long paths, and start again."
        )
    if says(OFFLINE):
        return (
            "The package index cannot be reached. Check the network (and HTTPS_PROXY or pip's"
            " configuration, where a proxy or a mirror is used) and start again."
        )
    if says(NO_BUILD):
        newest = ".".join(map(str, NEWEST_TESTED))
        return (
            f"A dependency has no build for this system ({platform.platform()},"
            f" Python {platform.python_version()}). Boxwright is tested with Python 3.11 to"
            f" {newest}."
        )
    if says(DENIED):
        return "A file cannot be written: see who owns this folder and .venv, and start again."
    return "pip could not install Boxwright and its dependencies."
