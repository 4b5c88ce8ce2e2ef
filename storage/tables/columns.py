"""The types of columns that several tables have."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

UID: Final = sa.String(64)
ULID: Final = sa.String(26)
SHA256: Final = sa.LargeBinary(32)
