"""What axe-core, the checker of accessibility, finds on an open page: contrast, names, landmarks, keys."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from playwright.sync_api import Page

SCRIPT: Final = Path(__file__).parent.parent / "viewer" / "web" / "node_modules" / "axe-core" / "axe.min.js"
_RUN: Final = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations
    .flatMap(({id, nodes}) => nodes.map(({target}) => `${id}: ${target.join(' ')}`))"""


def violations(page: Page) -> list[str]:
    """Each rule that is broken, with where; WCAG 2.2 A and AA, and what axe calls best practice."""
    page.evaluate(_script())
    return page.evaluate(_RUN)


@cache
def _script() -> str:
    return SCRIPT.read_text("utf-8")
