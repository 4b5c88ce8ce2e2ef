"""Acts on disputes: one institution says that a line, or a case in it, is wrong; the other one answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import sqlalchemy as sa

from reading.actions import Action
from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import NotAllowed, NotThere, Stale
from reading.numbers.rollup import next_month
from reading.roster.rights import author
from reading.statements import months, rights
from reading.statements.counting import key_of
from reading.statements.dispute_moves import Move, Remedy, Side, State, after
from reading.statements.lines import Key
from reading.statements.statement import line_and_items
from reading.tables import organisation, person, statement_change, statement_dispute, statement_left_out
from reading.texts import checked
from reading.viewers import Staff
from storage.database import insert_new
from storage.ids import new_id


@dataclass(frozen=True, kw_only=True)
class Dispute:
    """A dispute, and what somebody may do with it."""

    id: str
    first: date
    key: Key
    case_id: str | None
    """None: the whole line."""
    side: Side
    reason: str = field(repr=False)
    raised_by: str = field(repr=False)
    """The name of a person; empty: the command line."""
    raised_at: datetime
    settle_in: date
    state: State
    remedy: Remedy | None
    answer: str = field(repr=False)
    answered_by: str = field(repr=False)
    answered_at: datetime | None
    revision: int
    site: str
    reader: str
    may: frozenset[Move]


@without_door("Disputes between institutions; they name a case by its id alone.")
def disputes(ctx: Context[Staff | Actor], first: date | None = None) -> list[Dispute]:
    """The disputes of pairs that they see, the latest first: about a month or to be settled in it, else all.

    Raises:
        NotThere: they are no quality manager.

    """
    of_month = sa.true()
    if first is not None:
        of_month = (statement_dispute.c.first == first) | (statement_dispute.c.settle_in == first)
    return _found(ctx, of_month)


@without_door("It names cases by their ids alone; the list of them goes through the door.")
def raise_dispute(ctx: Context[Staff | Actor], first: date, key: Key, *, case_id: str = "", reason: str) -> str:
    """Dispute a line, or one of its cases; answers the id. In a closed month it is settled in the next open one.

    Raises:
        NotThere: they do not see the line, or the case is not in it.
        NotAllowed: the same is disputed already.
        Invalid: no reason.

    """
    months.one_at_a_time(ctx.tx)
    scope = rights.scope_of(ctx)
    _, items, _ = line_and_items(ctx, first, key)
    if case_id and all(one.case_id != case_id for one in items):
        raise NotThere
    words = checked("reason", reason, longest=1000, required=True, lines=True)
    same = [
        one
        for one in _found(ctx, (statement_dispute.c.first == first) & (statement_dispute.c.state == State.OPEN))
        if one.key == key and (one.case_id or "") == case_id
    ]
    if same:
        raise NotAllowed("disputed_already")
    next_open = months.next_open(months.closed(ctx.tx))
    made = new_id()
    ctx.tx.execute(
        sa.insert(statement_dispute),
        {
            "id": made,
            "first": first,
            "service": key.service,
            "site_id": key.site_id,
            "reader_id": key.reader_id,
            "modality": key.modality,
            "price_id": key.price_id,
            "adjusts": key.adjusts,
            "case_id": case_id or None,
            "side": scope.sides(key.site_id, key.reader_id)[0],
            "reason": words,
            "raised_by": author(ctx.who),
            "raised_at": ctx.now,
            "settle_in": first if next_open is None else max(first, next_open),
            "state": State.OPEN,
        },
    )
    details = {"month": first.isoformat(), **({"case_id": case_id} if case_id else {})}
    ctx.record(action=Action.STATEMENT_DISPUTE, subject_kind="dispute", subject_id=made, details=details)
    return made


@without_door("It names cases by their ids alone.")
def answer(
    ctx: Context[Staff | Actor],
    dispute_id: str,
    move: Move,
    *,
    revision: int,
    remedy: Remedy = Remedy.LEFT_OUT,
    words: str = "",
) -> None:
    """Accept, reject, withdraw or postpone a dispute.

    The other institution accepts or rejects, whoever raised it withdraws, and whoever closes months postpones.

    Raises:
        NotThere: there is none that they see.
        NotAllowed: the move is not theirs, or nothing is left of the line that shall be left out.
        MoveNotAllowed: it has been answered.
        Stale: somebody did something with it since ``revision``.
        Invalid: a rejection without words.

    """
    months.one_at_a_time(ctx.tx)
    found = _found(ctx, statement_dispute.c.id == dispute_id)
    if not found:
        raise NotThere
    one = found[0]
    state = after(one.state, move)
    if one.revision != revision:
        raise Stale(one.revision)
    if move not in one.may:
        raise NotAllowed(f"dispute_{move}")
    said = checked("answer", words, longest=1000, required=move is Move.REJECT, lines=True)
    values: dict[str, object] = {"state": state, "revision": revision + 1}
    if move is Move.POSTPONE:
        values |= {"settle_in": next_month(one.settle_in)}
    else:
        values |= {"answer": said, "answered_by": author(ctx.who), "answered_at": ctx.now}
    if move is Move.ACCEPT:
        values |= {"remedy": remedy}
        if remedy is Remedy.LEFT_OUT:
            _leave_out(ctx, one)
    ctx.tx.execute(sa.update(statement_dispute).where(statement_dispute.c.id == one.id).values(**values))
    ctx.record(
        action=Action.STATEMENT_ANSWER,
        subject_kind="dispute",
        subject_id=one.id,
        details={"move": move, **({"remedy": remedy} if move is Move.ACCEPT else {})},
    )


def _leave_out(ctx: Context[Staff | Actor], one: Dispute) -> None:
    """Leave the case out, or each case of the line; in a closed month that becomes an adjustment."""
    if one.case_id is not None:
        case_ids = [one.case_id]
    else:
        try:
            _, items, _ = line_and_items(ctx, one.first, one.key)
        except NotThere as gone:  # it was given a price, or its cases were corrected
            raise NotAllowed("disputed_line_is_gone") from gone
        case_ids = sorted({each.case_id for each in items})
    out = {"service": one.key.service, "reader_id": one.key.reader_id, "dispute_id": one.id}
    ctx.tx.execute(insert_new(ctx.tx, statement_left_out), [{"case_id": each, **out} for each in case_ids])
    ctx.tx.execute(sa.insert(statement_change), [{"id": new_id(), "case_id": each} for each in case_ids])


def _found(ctx: Context[Staff | Actor], condition: sa.ColumnElement[bool]) -> list[Dispute]:
    scope = rights.scope_of(ctx)
    keeps = rights.keeps(ctx)
    site, reader = organisation.alias("site"), organisation.alias("reader")
    raised, answered = person.alias("raised"), person.alias("answered")
    table = statement_dispute
    rows = ctx.tx.execute(
        sa.select(
            table,
            *(site.c.name.label("site"), reader.c.name.label("reader")),
            *(raised.c.name.label("raised_name"), answered.c.name.label("answered_name")),
        )
        .join(site, site.c.id == table.c.site_id)
        .join(reader, reader.c.id == table.c.reader_id)
        .outerjoin(raised, raised.c.id == table.c.raised_by)
        .outerjoin(answered, answered.c.id == table.c.answered_by)
        .where(condition)
        .order_by(table.c.raised_at.desc(), table.c.id.desc())
    ).mappings()
    return [
        Dispute(
            id=row["id"],
            first=row["first"],
            key=key_of(row),
            case_id=row["case_id"],
            side=Side(row["side"]),
            reason=row["reason"],
            raised_by=row["raised_name"] or "",
            raised_at=row["raised_at"],
            settle_in=row["settle_in"],
            state=State(row["state"]),
            remedy=Remedy(row["remedy"]) if row["remedy"] else None,
            answer=row["answer"],
            answered_by=row["answered_name"] or "",
            answered_at=row["answered_at"],
            revision=row["revision"],
            site=row["site"],
            reader=row["reader"],
            may=_moves(ctx.who, row["raised_by"], scope.sides(row["site_id"], row["reader_id"]), row, keeps=keeps),
        )
        for row in rows
        if scope.sees(row["site_id"], row["reader_id"])
    ]


def _moves(
    who: Staff | Actor, raised_by: str | None, sides: Sequence[Side], row: sa.RowMapping, *, keeps: bool
) -> frozenset[Move]:
    """What somebody may do with a dispute: nobody answers what they raised themselves."""
    if row["state"] != State.OPEN:
        return frozenset()
    themselves = isinstance(who, Staff) and raised_by == who.person_id
    moves: set[Move] = set()
    if themselves or not isinstance(who, Staff):
        moves.add(Move.WITHDRAW)
    if not themselves and Side(row["side"]).other in sides:
        moves |= {Move.ACCEPT, Move.REJECT}
    if keeps:
        moves.add(Move.POSTPONE)
    return frozenset(moves)
