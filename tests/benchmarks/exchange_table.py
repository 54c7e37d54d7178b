"""The table format x reader x case, as Markdown.

python -m tests.benchmarks.exchange_table
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.exchange_cases import write_images
from tests.exchange_readers import as_markdown, table


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        found = table(write_images(Path(folder) / "images"), Path(folder) / "out")
    print(as_markdown(found))  # noqa: T201
    return int(any(cell != "ok" for cells in found.values() for cell in cells.values()))


if __name__ == "__main__":
    sys.exit(main())
