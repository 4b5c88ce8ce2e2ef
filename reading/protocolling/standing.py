"""What an order is to be made by: the last answer about it, until a newer one takes its place."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.cases.cases import Case
from reading.cases.identity_moves import Identity
from reading.protocolling import request_rows
from reading.protocolling.moves import State


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The last answer about an examination, for the slip and for devices."""

    words: str = field(repr=False)
    """The protocol, or the reason against the examination."""
    against: bool
    """The examination is advised against; the order stands until its site cancels it."""
    asked_again: bool
    """The site has asked since, and has no answer yet."""


def of_orders(tx: Connection, order_ids: Collection[str]) -> dict[str, Standing]:
    """What stands about each of these orders; of those alone about which something was answered.

    An answer ends with the next one and with nothing else: who made an examination while its site asks again would
    otherwise make it by no protocol. What was withdrawn changes nothing.
    """
    found: dict[str, Standing] = {}
    for one in request_rows.of_orders(tx, order_ids):
        before = found.get(one.order_id)
        if one.state in {State.ACCEPTED, State.REFUSED}:
            against = one.state is State.REFUSED
            found[one.order_id] = Standing(words=one.answer, against=against, asked_again=False)
        elif one.state is State.OPEN and before is not None:
            found[one.order_id] = Standing(words=before.words, against=before.against, asked_again=True)
    return found


def last_answers(tx: Connection, order_ids: Collection[str]) -> dict[str, request_rows.ProtocolRequest]:
    """The answer that stands about each of these orders; of those alone about which something was answered."""
    answered = {State.ACCEPTED, State.REFUSED}
    return {one.order_id: one for one in request_rows.of_orders(tx, order_ids) if one.state in answered}


def of_case(tx: Connection, case: Case) -> Sequence[request_rows.ProtocolRequest]:
    """The questions about the orders that a case answers, the oldest first; the caller has opened the case.

    None where the images name another person than the order: the words may be about somebody else.
    """
    if case.identity is Identity.DIFFERS:
        return []
    joined, procedure = tables.case_procedure.c, tables.procedure.c
    asked = sa.select(procedure.order_id).join(tables.case_procedure, joined.procedure_id == procedure.id)
    return request_rows.of_orders(tx, set(tx.scalars(asked.where(joined.case_id == case.id))))
