"""Fields of forms and of JSON whose kind is a number or a code: they take it as people type it (`reading.texts`)."""

from __future__ import annotations

from typing import Final

from pydantic import BeforeValidator

from reading.texts import plain


def _plain(said: object) -> object:
    return plain(said) if isinstance(said, str) else said


Plain: Final = BeforeValidator(_plain)
"""To be named beside the type of such a field, before any other check."""
