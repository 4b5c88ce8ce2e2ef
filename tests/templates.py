"""The templates of pages, compiled once for every process of the suite and for the next run, as modules are."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

import jinja2

from viewer.http import page

_BESIDE_MODULES: Final = Path(__file__).parent / "__pycache__"


def keep_compiled() -> None:
    """Keep what Jinja makes of a template beside the tests' own compiled modules, under a digest of its source.

    What says how it is compiled is in the folder's name: Jinja's version, and the module that sets its options.
    """
    made_by = hashlib.sha256(jinja2.__version__.encode() + Path(page.__file__).read_bytes()).hexdigest()[:16]
    folder = _BESIDE_MODULES / f"templates-{made_by}"
    folder.mkdir(parents=True, exist_ok=True)
    page.environment().bytecode_cache = jinja2.FileSystemBytecodeCache(str(folder))
