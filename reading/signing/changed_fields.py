"""Which fields of a report say something else than in the version before, as its readers name them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reading.checks import side_words
from reading.reports.versions import ReportVersion


def between(old: ReportVersion, new: ReportVersion) -> Sequence[str]:
    """The names of the fields that differ: what somebody would act on stands first."""
    return tuple(_differing(old, new))


def _differing(old: ReportVersion, new: ReportVersion) -> Iterator[str]:
    before, after = old.content, new.content
    if old.identity.get("laterality", "") != new.identity.get("laterality", "") or _sides(old) != _sides(new):
        yield "side"
    if before.positive != after.positive:
        yield "result"
    if (before.critical_class or "") != (after.critical_class or ""):
        yield "critical"
    for name in ("impression", "findings", "recommendation"):
        if _plain(getattr(before, name)) != _plain(getattr(after, name)):
            yield name


def _sides(version: ReportVersion) -> tuple[frozenset[str], frozenset[str]]:
    """The sides that impression and findings name; where another word brought another side in, that is said, too."""
    return side_words.named(version.content.impression), side_words.named(version.content.findings)


def _plain(words: str) -> str:
    return "".join(words.split())
