"""The values of settings: each function turns what was written into a value, or says what it expected."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import sqlalchemy.exc as sa_exc
from sqlalchemy.engine import make_url

from reading.forwarding.addresses import origin_of
from reading.kinds import Role
from storage.instance_row import is_new_uid

Networks = tuple[IPv4Network | IPv6Network, ...]
NOBODY: Final = "none"


def described(parse: Callable[[object], Any], about: str, unit: str = "") -> dict[str, Any]:
    """What stands beside a setting: how it is read, and what docs/settings.md says of it."""
    return {"parse": parse, "about": about, "unit": unit}


def text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("expected text")
    return value.strip()


def folder(value: object) -> Path:
    try:
        return Path(text(value)).expanduser()
    except RuntimeError:
        raise ValueError("expected a path; there is no such home folder") from None


def host(value: object) -> str:
    written = text(value)
    if "/" in written or " " in written:
        raise ValueError("expected a host name or an address to listen on, such as 127.0.0.1 or 0.0.0.0")
    return written


def whole(low: int, high: int) -> Callable[[object], int]:
    def parse(value: object) -> int:
        problem = f"expected a whole number from {low} to {high}"
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValueError(problem)  # noqa: TRY004 a wrong setting is one error, whatever its type
        try:
            number = int(value)
        except ValueError:
            raise ValueError(problem) from None
        if not low <= number <= high:
            raise ValueError(problem)
        return number

    return parse


def number(low: float, high: float) -> Callable[[object], float]:
    def parse(value: object) -> float:
        problem = f"expected a number from {low:g} to {high:g}"
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError(problem)  # noqa: TRY004
        try:
            number = float(value)
        except ValueError:
            raise ValueError(problem) from None
        if not low <= number <= high:
            raise ValueError(problem)
        return number

    return parse


def ae_title(value: object) -> str:
    # PS3.5 6.2: 16 characters of the default repertoire, without backslash and control characters.
    written = text(value)
    if len(written) > 16 or "\\" in written or not written.isascii() or not written.isprintable():
        raise ValueError("expected at most 16 printable ASCII characters without a backslash")
    return written


def database_url(value: object) -> str:
    written = text(value)
    problem = "expected sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE"
    try:
        url = make_url(written)
    except sa_exc.ArgumentError:
        raise ValueError(problem) from None
    if url.drivername not in {"sqlite", "postgresql+psycopg"} or not url.database or url.database == ":memory:":
        raise ValueError(problem)
    return written


def object_store(value: object) -> str:
    written = text(value)
    parts = urlsplit(written)
    if "://" in written and (parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment):
        raise ValueError("expected a folder or s3://BUCKET/PREFIX")
    return written


def endpoint(value: object) -> str:
    written = text(value)
    parts = urlsplit(written)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"}:
        raise ValueError("expected http://HOST:PORT or https://HOST:PORT")
    return written.rstrip("/")


def https_url(value: object) -> str:
    written = text(value)
    try:
        parts = urlsplit(written)
        fits = parts.scheme == "https" and parts.hostname and "@" not in parts.netloc and (parts.port or 443)
        fits = fits and not parts.fragment and re.fullmatch(r"[!-~]+", written)
    except ValueError:
        fits = False
    if not fits:
        raise ValueError("expected https://HOST/PATH in ASCII (xn--, %E4), without a name or a password")
    return written


def is_token(secret: bytes) -> bool:
    """Whether a secret can go into a header as it is: one line of ASCII (RFC 9110 5.5)."""
    return re.fullmatch(rb"[ -~]+", secret) is not None


def mailbox(value: object) -> str:
    written = text(value)
    if not re.fullmatch(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+", written, re.ASCII):
        raise ValueError("expected a mail address, such as reports@example.cn")
    return written


def pairs(value: object) -> tuple[tuple[str, str], ...]:
    words = value if isinstance(value, list) else str(value).split(",")
    split = [str(word).partition("=") for word in words if str(word).strip()]
    found = tuple((left.strip(), right.strip()) for left, _, right in split)
    if not all(left and right for left, right in found):
        raise ValueError("expected pairs separated by commas, such as name=ID, other=ID")
    return found


def origins(value: object) -> tuple[str, ...]:
    words = value if isinstance(value, list) else str(value).split(",")
    return tuple(origin_of(endpoint(str(word))) for word in words if str(word).strip())


def networks(value: object) -> Networks:
    words = value if isinstance(value, list) else str(value).split(",")
    try:
        return tuple(ip_network(str(word).strip()) for word in words if str(word).strip())
    except ValueError:
        raise ValueError("expected addresses or networks separated by commas, such as 10.0.0.5, 10.1.0.0/16") from None


def uids(value: object) -> tuple[str, ...]:
    words = value if isinstance(value, list) else str(value).split(",")
    found = tuple(str(word).strip() for word in words if str(word).strip())
    if not all(is_new_uid(uid) for uid in found):
        raise ValueError("expected UIDs separated by commas, such as 1.2.840.113619.4.26")
    return found


def roles(value: object) -> str:
    """Roles separated by commas, or `none`, in a form of their own."""
    words = value if isinstance(value, list) else str(value).split(",")
    found = [str(word).strip().lower() for word in words if str(word).strip()]
    known = [role.value for role in Role]
    if found == [NOBODY]:
        return NOBODY
    if not found or not set(found) <= set(known):
        raise ValueError(f"expected {NOBODY}, or roles separated by commas out of {', '.join(known)}")
    return ", ".join(role for role in known if role in found)


def one_of(*choices: str) -> Callable[[object], str]:
    def parse(value: object) -> str:
        written = text(value).lower()
        if written not in choices:
            raise ValueError(f"expected one of {', '.join(choices)}")
        return written

    return parse


def address(value: object) -> str:
    """A host, or an IPv6 address in brackets, with its port."""
    written = text(value)
    try:
        host_name, port = address_of(written)
    except ValueError:
        host_name, port = "", 0
    if not host_name or not port or urlsplit(f"//{written}").netloc != written or "@" in written:
        raise ValueError("expected HOST:PORT, such as siem.example.cn:6514")
    return written


def address_of(written: str) -> tuple[str, int]:
    """Host and port of an `address`."""
    parts = urlsplit(f"//{written}")
    return parts.hostname or "", parts.port or 0
