"""The commands `statement`: prices, the statement of a month, disputes, closing, and journeys that were spared."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from reading.errors import NotDone
from reading.register import organisations
from reading.register.csv_text import decoded
from reading.statements import closing, disputes, journey_terms, price_import, prices, spared, statement
from reading.statements.dispute_moves import Move, Remedy
from reading.statements.journeys import Terms
from reading.statements.lines import Key, Line
from reading.statements.money import Per, fen_of, yuan
from reading.statements.months import first_of
from reading.statements.price_list import Price
from reading.statements.work import Service
from service.commands.errors import Refused, cannot_read
from service.commands.open_registry import open_registry, register_acts
from service.commands.output import AsJson, answer, answer_rows
from viewer.views.import_lines import sentence
from viewer.words.catalogue import Language

commands = typer.Typer(
    help="Statements between institutions: prices, months, disputes (docs/statements.md).", no_args_is_help=True
)

Month = Annotated[str, typer.Argument(metavar="MONTH", help="Such as 2026-11.")]
FirstDay = Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day.")]
LastDay = Annotated[
    datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="The last day; for ever otherwise.")
]
EndDay = Annotated[
    datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="The last day; the day before the first undoes it.")
]
Yuan = Annotated[str, typer.Option(help="In yuan, such as 12.50.")]


@commands.command("prices")
def list_prices(*, as_json: AsJson = False) -> None:
    """List the price list."""
    with open_registry(writing=False) as ctx:
        codes = {one.id: one.code for one in organisations.list_all(ctx.tx)}
        rows = [_price(one, codes) for one in prices.price_list(ctx).rows]
    columns = ("id", "site", "reader", "service", "modality", "body_part", "price", "per", "from", "until")
    answer_rows(as_json, rows, columns)


@commands.command("price")
def add_price(
    *,
    price: Yuan,
    since: FirstDay,
    until: LastDay = None,
    site: Annotated[str, typer.Option(help="Code of the site, together with --reader.")] = "",
    reader: Annotated[str, typer.Option(help="Code of the institution that reads for it.")] = "",
    service: Annotated[Service | None, typer.Option(help="Any otherwise.")] = None,
    modality: Annotated[str, typer.Option(help="As DICOM has it, such as CT; any otherwise.")] = "",
    body_part: Annotated[str, typer.Option(help="As DICOM has it, such as HEAD; any otherwise.")] = "",
    per: Annotated[Per, typer.Option(help="For a case, or for a unit of relative work.")] = Per.CASE,
    as_json: AsJson = False,
) -> None:
    """Add a row to the price list; its amount is never changed afterwards."""
    with open_registry() as ctx:
        made = prices.add(
            ctx,
            site_code=site,
            reader_code=reader,
            service=service,
            modality=modality,
            body_part=body_part,
            per=per,
            fen=fen_of("price", price),
            first_day=since.date(),
            last_day=None if until is None else until.date(),
        )
        row = _price(made, {one.id: one.code for one in organisations.list_all(ctx.tx)})
    answer(as_json, row, f"{row['price']} yuan for each {made.per} from {made.first_day} on ({made.id})")


@commands.command("price-end")
def end_price(
    price_id: Annotated[str, typer.Argument(metavar="ID", help="The row's id, as `statement prices` says it.")],
    *,
    until: EndDay,
    as_json: AsJson = False,
) -> None:
    """End a row of the price list."""
    with open_registry() as ctx:
        row = _price(prices.end(ctx, price_id, until.date()), {})
    answer(as_json, row, f"the price ends with {row['until']}")


@commands.command("import")
def import_prices(
    file: Annotated[Path, typer.Argument(help="A CSV file; docs/statements.md names its columns.")],
    *,
    preview: Annotated[bool, typer.Option("--preview", help="Only say what is wrong.")] = False,
    as_json: AsJson = False,
) -> None:
    """Add the rows of a table to the price list, all of them or none."""
    try:
        text = decoded(file.read_bytes())
    except OSError as error:
        raise cannot_read(file, error) from error
    with register_acts() as acts:
        done = (price_import.preview if preview else price_import.save)(acts, text)
    wrong = [f"line {one.line.number}: {_sentence(one.problem)}" for one in done if one.problem is not None]
    if wrong:
        raise Refused("\n".join(wrong), "nothing was added")
    said = f"{len(done)} prices {'would be' if preview else 'were'} added"
    answer(as_json, {"lines": len(done), "saved": not preview}, said)


@commands.command("months")
def list_months(*, as_json: AsJson = False) -> None:
    """List the months, which of them are closed, and how many disputes each waits for."""
    with open_registry(writing=False) as ctx:
        rows = [
            {
                "month": f"{one.first:%Y-%m}",
                "closed_at": None if one.closed is None else one.closed.closed_at,
                "open_disputes": one.open_disputes,
            }
            for one in statement.listed(ctx)
        ]
    answer_rows(as_json, rows, ("month", "closed_at", "open_disputes"))


@commands.command("show")
def show(month: Month, *, as_json: AsJson = False) -> None:
    """Print the lines of a month, closed or as it counts at this moment."""
    with open_registry(writing=False) as ctx:
        found = statement.of_month(ctx, first_of(month))
        rows = [_line(one, found.names) for one in found.lines]
    total = str(yuan(sum(one.fen for one in found.lines)))
    if as_json:
        state = {"closed": found.closed is not None, "open_disputes": found.open_disputes, "unpriced": found.unpriced}
        answer(as_json, {"month": month, "yuan": total, **state, "lines": rows}, "")
        return
    columns = ("service", "site", "reader", "modality", "adjusts", "count", "weight", "per", "price", "yuan")
    answer_rows(as_json, rows, columns)
    typer.echo(
        f"{total} yuan; {'closed' if found.closed else 'not closed'}; "
        f"open disputes: {found.open_disputes}; lines without a price: {found.unpriced}"
    )


@commands.command("close")
def close(
    month: Month, *, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False, as_json: AsJson = False
) -> None:
    """Close a month for the whole region: its lines stand from then on, and nobody opens it again."""
    first = first_of(month)
    seen = None
    if not yes:
        with open_registry(writing=False) as ctx:
            seen = closing.preview(ctx, first)
        fixed = f"{seen.lines} lines, {seen.cases} cases and {yuan(seen.fen)} yuan"
        typer.confirm(f"{month}: {fixed} stand for good. Close it?", abort=True, err=True)
    with open_registry() as ctx:
        lines = closing.close(ctx, first, seen=seen)
    total = str(yuan(sum(one.fen for one in lines)))
    answer(as_json, {"month": month, "lines": len(lines), "yuan": total}, f"{month} is closed: {total} yuan")


@commands.command("disputes")
def list_disputes(
    month: Annotated[str, typer.Option(help="Of this month, or to be settled in it; all otherwise.")] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """List disputes."""
    with open_registry(writing=False) as ctx:
        found = disputes.disputes(ctx, first_of(month) if month else None)
    rows = [
        {
            "id": one.id,
            "month": f"{one.first:%Y-%m}",
            "settle_in": f"{one.settle_in:%Y-%m}",
            "site": one.site,
            "reader": one.reader,
            "service": one.key.service.value,
            "modality": one.key.modality,
            "case": one.case_id or "",
            "side": one.side.value,
            "state": one.state.value,
            "reason": one.reason,
            "answer": one.answer,
        }
        for one in found
    ]
    columns = ("id", "month", "settle_in", "site", "reader", "service", "modality", "case", "side", "state", "reason")
    answer_rows(as_json, rows, columns)


@commands.command("dispute")
def dispute(
    month: Month,
    *,
    service: Annotated[Service, typer.Option(help="Of the line.")],
    site: Annotated[str, typer.Option(help="Code of the site.")],
    reader: Annotated[str, typer.Option(help="Code of the institution that reads.")],
    modality: Annotated[str, typer.Option(help="Of the line, such as CT.")],
    reason: Annotated[str, typer.Option(help="Why it is wrong.")],
    price: Annotated[str, typer.Option(help="Id of the line's price, as `statement show --json` says it.")] = "",
    adjusts: Annotated[bool, typer.Option("--adjusts", help="It is a line of adjustments.")] = False,
    case: Annotated[str, typer.Option(help="Id of one case of the line; the whole line otherwise.")] = "",
    as_json: AsJson = False,
) -> None:
    """Dispute a line of a month, or one of its cases."""
    with open_registry() as ctx:
        key = Key(
            service=service,
            site_id=organisations.in_force(ctx.tx, site).id,
            reader_id=organisations.in_force(ctx.tx, reader).id,
            modality=modality,
            price_id=price or None,
            adjusts=adjusts,
        )
        made = disputes.raise_dispute(ctx, first_of(month), key, case_id=case, reason=reason)
    answer(as_json, {"id": made}, made)


@commands.command("answer")
def answer_dispute(
    dispute_id: Annotated[str, typer.Argument(metavar="ID", help="Its id, as `statement disputes` says it.")],
    move: Annotated[Move, typer.Argument(help="What happens to it.")],
    *,
    remedy: Annotated[Remedy, typer.Option(help="What follows where it is accepted.")] = Remedy.LEFT_OUT,
    words: Annotated[str, typer.Option(help="Why; a rejection needs it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Accept, reject, withdraw a dispute, or move it to the next month."""
    with open_registry() as ctx:
        found = [one for one in disputes.disputes(ctx) if one.id == dispute_id]
        revision = found[0].revision if found else 0
        disputes.answer(ctx, dispute_id, move, revision=revision, remedy=remedy, words=words)
    answer(as_json, {"id": dispute_id, "move": move.value}, f"{dispute_id}: {move}")


@commands.command("journeys")
def list_journeys(month: Month, *, as_json: AsJson = False) -> None:
    """What patients were spared in a month: journeys, kilometres, yuan, with the parameters of the formula."""
    with open_registry(writing=False) as ctx:
        found = spared.of_month(ctx, first_of(month))
    rows = [
        {
            "site": one.site,
            "examinations": one.examinations,
            "journeys": one.journeys,
            "km": one.km,
            "yuan": str(yuan(one.fen)),
            **({} if one.terms is None else _parameters(one.terms)),
        }
        for one in found.spared
    ]
    columns = ("site", "examinations", "journeys", "km", "yuan", "one_way_km", "fare", "wage", "people")
    answer_rows(as_json, rows, columns)


@commands.command("journey")
def add_journey(
    *,
    km: Annotated[int, typer.Option(help="One way.")],
    fare: Annotated[str, typer.Option(help="Yuan for a kilometre and a person.")],
    wage: Annotated[str, typer.Option(help="Yuan of a day for a person.")],
    since: FirstDay,
    until: LastDay = None,
    people: Annotated[float, typer.Option(help="Who travels; 1.5 is every second patient with somebody.")] = 1.0,
    site: Annotated[str, typer.Option(help="Code of the site; every one without its own otherwise.")] = "",
    as_json: AsJson = False,
) -> None:
    """Say what a journey to the reading hospital would cost."""
    with open_registry() as ctx:
        made = journey_terms.add(
            ctx,
            site_code=site,
            km=km,
            fare_fen=fen_of("fare", fare),
            wage_fen=fen_of("wage", wage),
            people=round(people * 100),
            first_day=since.date(),
            last_day=None if until is None else until.date(),
        )
    answer(as_json, {"id": made.id, "site": site, **_parameters(made)}, made.id)


@commands.command("journey-end")
def end_journey(
    terms_id: Annotated[str, typer.Argument(metavar="ID", help="The row's id, as `statement journey` said it.")],
    *,
    until: EndDay,
    as_json: AsJson = False,
) -> None:
    """End a row of what journeys cost."""
    with open_registry() as ctx:
        journey_terms.end(ctx, terms_id, until.date())
    answer(as_json, {"id": terms_id, "until": until.date().isoformat()}, f"it ends with {until.date()}")


def _sentence(problem: NotDone) -> str:
    return sentence(Language.EN, problem)


def _price(one: Price, codes: dict[str, str]) -> dict[str, Any]:
    return {
        "id": one.id,
        "site": codes.get(one.site_id or "", ""),
        "reader": codes.get(one.reader_id or "", ""),
        "service": one.service.value if one.service else "",
        "modality": one.modality,
        "body_part": one.body_part,
        "price": str(yuan(one.fen)),
        "per": one.per.value,
        "from": one.first_day.isoformat(),
        "until": _day(one.last_day),
    }


def _line(one: Line, names: Any) -> dict[str, Any]:
    return {
        "service": one.key.service.value,
        "site": names[one.key.site_id],
        "reader": names[one.key.reader_id],
        "modality": one.key.modality,
        "adjusts": one.key.adjusts,
        "count": one.count,
        "weight": one.weight / 100,
        "per": one.per.value if one.per else "",
        "price": "" if one.price_fen is None else str(yuan(one.price_fen)),
        "yuan": str(yuan(one.fen)),
        "price_id": one.key.price_id or "",
    }


def _parameters(one: Terms) -> dict[str, Any]:
    return {
        "one_way_km": one.km,
        "fare": str(yuan(one.fare_fen)),
        "wage": str(yuan(one.wage_fen)),
        "people": one.people / 100,
    }


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()
