"""The keys that a database was written with: a node with others would find nobody and seal with another's seal."""

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
    """The names of keys that are not those the database was written with; the first start notes what they are."""
    ours = {name: hashlib.sha256(b"tierread key check\0" + key).digest() for name, key in keys.items()}
    tx.execute(insert_new(tx, installation_key), [{"name": name, "digest": ours[name]} for name in sorted(ours)])
    noted = {row.name: bytes(row.digest) for row in tx.execute(sa.select(installation_key))}
    return sorted(name for name, digest in ours.items() if noted[name] != digest)
