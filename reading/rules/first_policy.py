"""The policy that is in force until a region makes its own."""

from __future__ import annotations

from typing import Any, Final

from reading.rules.shipped_policies import shipped

# Due times: the table of a hospital in the region, until each region sets its own.
FIRST_POLICY: Final[dict[str, Any]] = shipped("first")
