"""The folders of files that the viewer ships: templates, catalogues, styles, the built web app."""

from __future__ import annotations

from pathlib import Path
from typing import Final

VIEWER: Final = Path(__file__).parent
LOCALE: Final = VIEWER / "locale"
STATIC: Final = VIEWER / "static"
TEMPLATES: Final = VIEWER / "templates"
TYPST: Final = VIEWER / "typst"
WEB_APP: Final = STATIC / "app"
