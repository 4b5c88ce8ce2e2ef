"""Compares all pictures and writes the counts into docs/pictures.md: `python -m tests.pictures` (make pictures)."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Final

from storage.database import connect
from storage.schema import migrate
from tests import corpus
from tests.pictures import gallery
from tests.pictures.comparison import Compared, Sent
from tests.pictures.reasons import reason
from tests.running import REPOSITORY

DOCUMENT: Final = REPOSITORY / "docs" / "pictures.md"
BEGIN: Final = "<!-- counts: make pictures -->\n"
END: Final = "<!-- end of counts -->\n"
EQUAL: Final = "equal"
NO_PAIR: Final = "not comparable: "


def main() -> int:
    """Compare, print what is apart without a row in the document, write the counts; 1 where something is."""
    kinds = {"generated": gallery.generated()}
    if corpus.locate():
        kinds["of the corpus"] = gallery.of_corpus()
    counts: dict[str, Counter[str]] = {}
    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "template.db"
        engine = connect(f"sqlite:///{template}")
        migrate(engine)
        engine.dispose()
        for at, (kind, things) in enumerate(kinds.items()):
            counts[kind] = Counter()
            sent = {one.name: one for one in things}
            for found in gallery.compared(things, template, Path(folder) / str(at)):
                result = judged(sent[found.name], found)
                counts[kind][result or "unexplained"] += 1
                if result is None:
                    faults += 1
                    print(found.name, found.differs, found.missing, flush=True)
    write(counts)
    return 1 if faults else 0


def judged(one: Sent, found: Compared) -> str | None:
    """What the table counts an object as; None where its pictures are apart and no row says why."""
    if found.differs:
        row = reason(one, found)
        return None if row is None else f"differs by the table: {row}"
    if found.compared == 0 or "server" in found.missing:
        return NO_PAIR + next((said for said in found.missing.values() if not said.isdigit()), "no picture")
    return EQUAL


def write(counts: dict[str, Counter[str]]) -> None:
    results = sorted({result for counter in counts.values() for result in counter}, key=lambda one: (one != EQUAL, one))
    lines = [
        f"| | {' | '.join(counts)} |",
        "|---|" + "---|" * len(counts),
        *(f"| {result} | {' | '.join(str(counter[result]) for counter in counts.values())} |" for result in results),
    ]
    text = DOCUMENT.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    DOCUMENT.write_text(before + BEGIN + "\n".join(lines) + "\n" + END + after, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
