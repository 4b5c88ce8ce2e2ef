"""Where the corpus of real files lies; tests that need it are skipped by name where it is absent."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest


@dataclass(frozen=True, kw_only=True)
class CorpusFile:
    name: str
    """Relative to the corpus, e.g. ``odd/pydicom_badVR.dcm``."""
    path: Path
    odd: bool


def locate() -> Path | None:
    """TIERREAD_CORPUS, or the folder `shared/corpus` beside the repository."""
    named = os.environ.get("TIERREAD_CORPUS")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "corpus"
    return folder if (folder / "manifest.csv").is_file() else None


@cache
def files() -> tuple[CorpusFile, ...]:
    """Every file of the manifest, in its order; skips the test where the corpus is absent."""
    folder = locate()
    if folder is None:
        # The repository must pass without the corpus: it is no tool, so CI=true makes no difference.
        pytest.skip("the corpus is absent (TIERREAD_CORPUS)")
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as manifest:
        names = [row["path"] for row in csv.DictReader(manifest)]
    return tuple(CorpusFile(name=name, path=folder / name, odd=name.startswith("odd/")) for name in names)
