"""What the application's role may do with each table on PostgreSQL, where the owner's role migrates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from storage.database import transaction
from storage.errors import StorageError

INSERT_ONLY: Final = frozenset(
    {
        "audit_anchor",
        "audit_event",
        "case_move",
        "consultation_opinion",
        "identity_move",
        "paper_code",
        "paper_file",
        "patient_change",
        "patient_merge_move",
        "printing",
        "referral_move",
        "signature",
        "statement_item",
        "statement_left_out",
        "statement_line",
        "statement_month",
    }
)
"""Rows that nobody changes or removes once they are there; triggers say the same, also to SQLite and to the owner."""
CHANGED_IN_PART: Final[Mapping[str, tuple[str, ...]]] = {"report_version": ("released_at", "status")}
"""The only columns of these tables that change, and nothing of them is removed; triggers say the same."""
DELETED_FROM: Final = frozenset(
    {
        "case_procedure",
        "device_check",
        "device_lack",
        "device_tally",
        "draft",
        "failed_proof",
        "forwarded_instance",
        "half_session",
        "holding",
        "instance",
        "known_place",
        "lease",
        "number_cell",
        "number_change",
        "number_fact",
        "number_ratio_cell",
        "number_stale",
        "number_time",
        "personal_setting",
        "quarantine",
        "rebuilding",
        "refused_call",
        "report_search",
        "report_search_code",
        "report_search_person",
        "statement_change",
        "teaching_picture",
        "telephone_code",
        "withholding",
    }
)
"""Tables whose rows may go: what is erased on purpose, what is only of use for a while, and what is made of others."""
READ_ONLY: Final = frozenset({"alembic_version"})
_LOCK: Final = 7221905


class NoSuchRole(StorageError):
    """The application's role does not exist."""

    def __init__(self, role: str) -> None:
        super().__init__(role)
        self.role = role


def wanted(table: str) -> set[tuple[str, str]]:
    """What the application's role may do with a table: the privilege, and its column or nothing for all of them."""
    if table in READ_ONLY:
        return {("SELECT", "")}
    rights = {("SELECT", ""), ("INSERT", "")}
    if table in CHANGED_IN_PART:
        rights |= {("UPDATE", column) for column in CHANGED_IN_PART[table]}
    elif table not in INSERT_ONLY:
        rights.add(("UPDATE", ""))
    if table in DELETED_FROM:
        rights.add(("DELETE", ""))
    return rights


def grant(engine: Engine, role: str) -> None:
    """Give the application's role what it may do with every table there is; ``engine`` is the owner's.

    A table that nobody thought of is one whose rows are added and changed, never removed.

    Raises:
        NoSuchRole: make it first.

    """
    with transaction(engine) as tx:
        tx.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))  # two at once would fail on the same rows
        if tx.scalar(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}) is None:
            raise NoSuchRole(role)
        if role == tx.scalar(sa.text("SELECT current_user")):
            return
        name = tx.dialect.identifier_preparer.quote(role)
        for table in tables_of(tx):
            if granted(tx, role, table) == wanted(table):
                continue
            quoted = tx.dialect.identifier_preparer.quote(table)
            tx.exec_driver_sql(f"REVOKE ALL ON {quoted} FROM {name}")
            for privilege, column in sorted(wanted(table)):
                tx.exec_driver_sql(f"GRANT {privilege}{f' ({column})' if column else ''} ON {quoted} TO {name}")
        tx.exec_driver_sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        tx.exec_driver_sql(f"GRANT USAGE ON SCHEMA public TO {name}")


def granted(tx: Connection, role: str, table: str) -> set[tuple[str, str]]:
    """What a role was given on a table, as `wanted` says it."""
    whole = sa.text(
        "SELECT acl.privilege_type FROM pg_class, aclexplode(relacl) AS acl JOIN pg_roles ON pg_roles.oid = acl.grantee"
        " WHERE pg_class.oid = to_regclass(quote_ident(:table)) AND rolname = :role"
    )
    parts = sa.text(
        "SELECT acl.privilege_type, attname FROM pg_attribute, aclexplode(attacl) AS acl"
        " JOIN pg_roles ON pg_roles.oid = acl.grantee"
        " WHERE attrelid = to_regclass(quote_ident(:table)) AND rolname = :role"
    )
    asked = {"table": table, "role": role}
    found = {(str(privilege), "") for privilege in tx.scalars(whole, asked)}
    return found | {(str(privilege), str(column)) for privilege, column in tx.execute(parts, asked)}


def tables_of(tx: Connection) -> list[str]:
    """The tables of the database; the parts of a table are reached through it alone."""
    asked = sa.text(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
        " AND relnamespace = 'public'::regnamespace ORDER BY relname"
    )
    return [str(name) for name in tx.scalars(asked)]


def is_owner(tx: Connection) -> bool:
    """Whether the role of this connection is a superuser or may act as the owner of the tables."""
    if tx.dialect.name != "postgresql":
        return False
    asked = sa.text(
        "SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)"
        " OR pg_has_role(current_user, relowner, 'MEMBER') FROM pg_class WHERE oid = to_regclass('audit_event')"
    )
    return bool(tx.scalar(asked))
