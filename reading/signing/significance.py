"""Whether a report says something else than it did before, as whoever acts on it would take it."""

from __future__ import annotations

from reading.reports.content import Content


def is_significant(old: Content, new: Content) -> bool:
    """Whether the site has to acknowledge the change, because the meaning is another."""
    return (
        old.positive != new.positive
        or old.critical_class != new.critical_class
        or "".join(old.impression.split()) != "".join(new.impression.split())
    )
