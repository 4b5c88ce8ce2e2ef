"""QR codes (ISO/IEC 18004) as SVG, drawn on the server."""

from __future__ import annotations

import segno
from markupsafe import Markup


def qr_of(address: str) -> Markup:
    """The code of an address that we made."""
    return Markup(segno.make(address, error="m").svg_inline(border=2, omitsize=True))  # noqa: S704
