"""How long the fuzzers run: a slice in the suite, long with `--fuzz-cases`."""

from __future__ import annotations

import pytest

from tests.pacs.conftest import small_archive

__all__ = ["small_archive"]


@pytest.fixture
def cases(request: pytest.FixtureRequest) -> int:
    """How many cases each entry is given."""
    return int(request.config.getoption("--fuzz-cases"))
