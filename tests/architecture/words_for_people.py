"""Finds words for people in the window's sources that nobody has marked for translation."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

#: What makes a text translatable.
_MARKS = {"tr", "mark", "counted", "plural"}
#: Calls whose texts no person reads, or reads in English on purpose: logs, bugs, names for Qt.
_UNSEEN = {
    "debug", "info", "warning", "error", "exception", "RuntimeError", "ValueError",
    "getattr", "hasattr", "setProperty", "property", "setObjectName", "setStyleSheet", "TypeVar",
    "Formatter", "add_argument", "ArgumentParser", "setApplicationName", "setOrganizationName",
    "user_log_dir", "user_cache_dir", "user_config_dir", "QSettings", "setValue", "value", "remove",
    "insert", "replace", "create", "bind", "action", "compile", "key_name", "setShortcut",
    "endswith", "removesuffix", "startswith", "split", "joinpath", "getLogger", "font", "flag",
    "set_flag", "import_module", "QKeySequence", "run_command", "fromString",
}  # fmt: skip
#: Names that are the same in every language, keys as Qt writes them, and units.
_NAMES = {
    "Boxwright", "English", "Deutsch", "COCO", "Pascal VOC", "YOLO", "CSV", "CPU", "Grad-CAM",
    "LayerCAM", "bfloat16", "MB", "PNG", "SVG", "IoU", "Python", "Qt", "CET-D1A", "px",
    "NVIDIA GPU", "Apple GPU",
}  # fmt: skip
_KEYS = re.compile(
    r"(Ctrl|Shift|Alt|Meta)\+.+|Del|Backspace|Tab|Esc|Space|Return|Enter|Left|Right|Up|Down"
    r"|Home|End|PgUp|PgDown|F\d+"
)
_WORD = re.compile(r"[A-Za-z]{2}")
_PLAIN = re.compile(r"[a-z0-9_.:/*\-]+|[A-Z0-9_]+|#[0-9a-fA-F]{3,8}")
#: Whatever a person is shown by these is for people, a single small word too.
_SHOWS = {
    "label", "button", "setText", "QLabel", "QPushButton", "QCheckBox", "QRadioButton", "addItem",
    "setToolTip", "setWindowTitle", "setAccessibleName", "setPlaceholderText", "say", "show_hint",
    "show_message", "setTitle", "addTab", "addMenu", "QAction", "QGroupBox", "setStatusTip",
    "setSuffix", "setPrefix", "setInformativeText", "addButton",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Text:
    """A text in a source file."""

    path: Path
    line: int
    text: str


def unmarked(path: Path) -> Iterator[Text]:
    """Every text that looks like words for people and cannot be translated."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield from _unmarked(tree, path)


def _unmarked(node: ast.AST, path: Path) -> Iterator[Text]:
    if isinstance(node, ast.Call) and _name(node) in (_MARKS | _UNSEEN):
        for child in _not_texts(node):
            yield from _unmarked(child, path)
        return
    if isinstance(node, ast.Call) and _name(node) in _SHOWS and node.args:
        yield from _small_words(node.args[0], path)
    if _is_silent(node):
        return
    yield from _own_words(node, path)
    for child in ast.iter_child_nodes(node):
        if not (isinstance(node, ast.JoinedStr) and isinstance(child, ast.Constant)):
            yield from _unmarked(child, path)


def _own_words(node: ast.AST, path: Path) -> Iterator[Text]:
    said = node.value if isinstance(node, ast.Constant) else None
    if isinstance(node, ast.JoinedStr):
        said = "".join(str(p.value) for p in node.values if isinstance(p, ast.Constant)).strip()
    if isinstance(said, str) and _speaks(said):
        yield Text(path, getattr(node, "lineno", 0), said)


def _is_silent(node: ast.AST) -> bool:
    """Docstrings, lists of names, and what is only compared with."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, ast.Compare) or (isinstance(node, ast.Assign) and _is_name_list(node))


def _small_words(first: ast.AST, path: Path) -> Iterator[Text]:
    choices = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
    for choice in choices:
        value = choice.value if isinstance(choice, ast.Constant) else None
        small = isinstance(value, str) and _WORD.search(value) and not _speaks(value)
        if small and value.strip() not in _NAMES and not _KEYS.fullmatch(value):
            yield Text(path, choice.lineno, value)


def _not_texts(call: ast.Call) -> Iterator[ast.AST]:
    """What a marking or unseen call is given besides its own texts."""
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    yield from (v for v in values if not isinstance(v, ast.Constant | ast.JoinedStr))


def _speaks(text: str) -> bool:
    if not _WORD.search(text) or text in _NAMES or _KEYS.fullmatch(text):
        return False
    words = [w for w in re.findall(r"[A-Za-z]+", text) if len(w) > 1 and w not in _NAMES]
    return bool(words) and not _PLAIN.fullmatch(text) if " " not in text.strip() else bool(words)


def _is_name_list(node: ast.Assign) -> bool:
    return isinstance(node.targets[0], ast.Name) and node.targets[0].id in {"__all__", "__slots__"}


def _name(call: ast.Call) -> str:
    found = call.func
    return found.attr if isinstance(found, ast.Attribute) else getattr(found, "id", "")
