"""Digests of the keys that a database was written with; a node with other keys would find no patient."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.tables import installation_key
from storage.database import insert_new


def knows_keys(tx: Connection) -> bool:
    """Whether the database was written with keys already: then none may be made anew."""
    return tx.execute(sa.select(installation_key.c.name).limit(1)).first() is not None


def strange_keys(tx: Connection, keys: Mapping[str, bytes]) -> list[str]:
    """The names of the keys that differ from those that the database was written with; the first start notes them."""
    ours = {name: hashlib.sha256(b"tierread key check\0" + key).digest() for name, key in keys.items()}
    tx.execute(insert_new(tx, installation_key), [{"name": name, "digest": ours[name]} for name in sorted(ours)])
    noted = {row.name: bytes(row.digest) for row in tx.execute(sa.select(installation_key))}
    return sorted(name for name, digest in ours.items() if noted[name] != digest)
