"""Addresses of DICOMweb servers to which studies are sent on: only those whose origin the settings allow."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit


def origin_of(url: str) -> str:
    """Scheme, host and port of an address; the port also where it is the scheme's own.

    Raises:
        ValueError: it is no address.

    """
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{port}"


def is_allowed(url: str, origins: Collection[str]) -> bool:
    """Whether the origin of an address is one of these, and nobody's name or password stands in it."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and "@" not in parts.netloc and origin_of(url) in origins
    except ValueError:
        return False
