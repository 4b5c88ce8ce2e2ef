"""Words can be read on what they stand on, light and dark: 4.5:1 (WCAG 2.2, 1.4.3), computed from the tokens alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

VIEWER: Final = Path(__file__).parents[2] / "viewer"
BASE: Final = VIEWER / "static" / "base.css"
SHEETS: Final = sorted([*(VIEWER / "static").glob("*.css"), *(VIEWER / "web" / "src").rglob("*.css")])
TEXT, SIGN = 4.5, 3.0
"""What words need, and what marks the edge of a control (1.4.11)."""
ON_ANY: Final = ("ground", "surface", "waiting-soft", "accent-soft", "danger-soft", "warning-soft", "success-soft")
"""Cards, notes, badges and rows that are chosen: what is written in them says no colour of its own."""
ALWAYS: Final = {
    *((ink, ground) for ink in ("ink", "ink-soft", "accent") for ground in ON_ANY),
    *((ink, ground) for ink in ("danger", "warning", "success") for ground in ("ground", "surface", "waiting-soft")),
    ("ink-soft", "line"),
}
"""Beside the pairs that one rule names both of: words, soft words, links, and words of urgency."""
EDGES: Final = {("line-strong", "surface"), ("line-strong", "ground"), ("accent", "surface"), ("accent", "ground")}
_TOKEN: Final = re.compile(r"--([\w-]+):\s*(#[0-9a-f]{6})\b")
_RULE: Final = re.compile(r"\{([^{}]*)\}")
_SAID: Final = re.compile(
    r"(?:^|;|\s)(color|background(?:-color)?):\s*(?:var\(--)?([\w-]+|#[0-9a-f]{3,6})\)?\s*(?=;|$)"
)


def contrast(one: str, other: str) -> float:
    """Of two colours as ``#rrggbb``: from 1, which cannot be seen, to 21 (WCAG 2.2, relative luminance).

    >>> round(contrast("#ffffff", "#767676"), 2)
    4.54
    """
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


BLACK: Final = "#000"
"""Behind pictures alone, where all is dark in either theme."""


def tokens(theme: str) -> dict[str, str]:
    said = BASE.read_text("utf-8")
    light = dict(_TOKEN.findall(re.findall(r":root,\s*\.sheet \{(.*?)\n\}", said, re.DOTALL)[0]))
    dark = dict(_TOKEN.findall(re.findall(r"\.dark \{(.*?)\n  \}", said, re.DOTALL)[0]))
    return light if theme == "light" else light | dark


def named_together(known: dict[str, str]) -> set[tuple[str, str]]:
    """The pairs of words and ground that one rule of a style sheet names, as tokens or as colours."""
    found: set[tuple[str, str]] = set()
    for sheet in SHEETS:
        for rule in _RULE.findall(re.sub(r"/\*.*?\*/", "", sheet.read_text("utf-8"), flags=re.DOTALL)):
            said = dict(_SAID.findall(rule))
            ground = said.get("background") or said.get("background-color")
            pair = said.get("color", ""), ground or ""
            if all(one in known or one.startswith("#") for one in pair):
                found.add(pair)
    return found


def colour(said: str, known: dict[str, str]) -> str:
    """As ``#rrggbb``, also of three digits."""
    found = known.get(said, said)
    return found if len(found) > 4 else "#" + "".join(2 * digit for digit in found[1:])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_and_edges_can_be_seen(theme: str) -> None:
    known = tokens(theme)
    together = named_together(known)
    weak = {
        f"{ink} on {ground}: {seen:.2f}"
        for pairs, least in ((ALWAYS | together, TEXT), (EDGES, SIGN))
        for ink, ground in pairs
        for here in (tokens("dark") if ground == BLACK else known,)
        if (seen := contrast(colour(ink, here), colour(ground, here))) < least
    }

    assert {("on-accent", "accent"), ("#fff", "#000")} <= together
    assert len(known) >= 15
    assert weak == set()


def test_the_measure_is_that_of_the_standard() -> None:
    """Black on white, one grey on itself, and the lightest grey that may stand on white."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#777777") == 1
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)
