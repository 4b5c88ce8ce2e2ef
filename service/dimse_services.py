"""The DIMSE services beside C-ECHO and C-STORE, each made with the plain functions that it asks for."""

from __future__ import annotations

from pacs.services import Service
from service.house import House


def services_of(house: House) -> list[Service]:  # noqa: ARG001 # each will take what it needs of it
    """The services of a listener."""
    return []
