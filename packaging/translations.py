"""Keeps the catalogues of ``resources/translations`` up to date (needs Babel, a test dependency).

``python packaging/translations.py`` collects the texts of the window and those of the engine's
tables that the window shows, brings them into each catalogue and compiles it. New texts come empty:
a translator fills them in and runs it again. ``--untranslated`` lists what is still empty.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = ROOT / "resources" / "translations"
DOMAIN = "boxwright"
#: What makes a text translatable, with the places of its texts among the arguments. Babel's own
#: search misses marks within marks and takes keys of tables within them for texts.
MARKS = {"tr": (0,), "mark": (0,), "counted": (1, 2), "plural": (1, 2)}


def template() -> Catalog:
    """Every text that can be translated, with the files that it comes from."""
    found = Catalog(project="Boxwright", charset="utf-8")
    for path in sorted((ROOT / "app").rglob("*.py")):
        for message in marked(path):
            found.add(message, locations=[(path.relative_to(ROOT).as_posix(), 0)])
    for name, text in engine_tables():
        found.add(text, locations=[(name, 0)])
    return found


def marked(path: Path) -> Iterator[str | tuple[str, ...]]:
    """The texts of one source file, those with a plural as a pair."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        places = MARKS.get(getattr(node.func, "id", ""), ())
        if places and len(node.args) > places[-1]:
            texts = [node.args[at] for at in places]
            if all(isinstance(t, ast.Constant) and isinstance(t.value, str) for t in texts):
                words = tuple(t.value for t in texts if isinstance(t, ast.Constant))
                yield words if len(words) > 1 else words[0]


def engine_tables() -> Iterator[tuple[str, str]]:
    """What the engine's tables say to people, with the file of the table."""
    sys.path.insert(0, str(ROOT))
    from engine.jobs.catalogue import BACKBONES, METHODS
    from engine.localization.measures import MEASURES

    for info in (*METHODS, *BACKBONES):
        yield "engine/jobs/catalogue.py", info.description
    for method in METHODS:
        for option in method.options:
            yield "engine/jobs/options", option.help
    for measure in MEASURES:
        yield "engine/localization/measures.py", measure.title
        yield "engine/localization/measures.py", measure.meaning


def catalogue_files() -> list[Path]:
    return sorted(CATALOGUES.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name, domain=DOMAIN, abort_invalid=True)


def update(path: Path) -> Catalog:
    """Bring the texts of today into the catalogue; what is no longer said goes."""
    catalogue = read(path)
    created = catalogue.creation_date
    catalogue.update(template(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.creation_date = created  # else every run would change every file
    text, compiled = BytesIO(), BytesIO()
    write_po(text, catalogue, width=100, sort_by_file=True, include_lineno=False)
    write_mo(compiled, catalogue)
    path.write_bytes(text.getvalue())
    path.with_suffix(".mo").write_bytes(compiled.getvalue())
    return catalogue


def untranslated(catalogue: Catalog) -> Iterator[str | tuple[str, ...]]:
    for message in catalogue:
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id and not all(texts):
            yield message.id


def main() -> int:
    parser = argparse.ArgumentParser(description="Update and compile the translations.")
    parser.add_argument("--untranslated", action="store_true", help="list what has no translation")
    wanted = parser.parse_args()
    for path in catalogue_files():
        catalogue = update(path)
        empty = list(untranslated(catalogue))
        sys.stdout.write(f"{path.relative_to(ROOT)}: {len(catalogue)} texts, {len(empty)} empty\n")
        if wanted.untranslated:
            sys.stdout.writelines(f"{text!r}\n" for text in empty)
    return 0


if __name__ == "__main__":
    sys.exit(main())
