"""What a technician may do with an examination of the list: one act that stands there, and a menu of the others."""

from __future__ import annotations

from dataclasses import dataclass

from reading.desk.stages import Stage
from viewer.views.township import Row


@dataclass(frozen=True, kw_only=True)
class Act:
    address: str
    word: str
    """The key of its name in the catalogues."""


@dataclass(frozen=True, kw_only=True)
class Acts:
    primary: Act | None
    """What the examination waits for from them; None where they only wait."""
    menu: tuple[Act, ...]


def acts_of(row: Row, stage: Stage | None) -> Acts:
    """The acts of a row; at the stage of printing that comes first, elsewhere whose the images are."""
    wanted = [_answer(row), _match(row), _print(row)]
    if stage is Stage.TO_PRINT:
        wanted.reverse()
    primary = next((one for one in wanted if one is not None), None)
    others = (*wanted, *_always(row))
    seen = {primary.address} if primary else set[str]()
    menu: list[Act] = []
    for one in others:
        if one is not None and one.address not in seen:
            seen.add(one.address)
            menu.append(one)
    return Acts(primary=primary, menu=tuple(menu))


def _answer(row: Row) -> Act | None:
    return Act(address=f"{_case(row)}#answer", word="township.answer") if row.returned else None


def _match(row: Row) -> Act | None:
    if row.identity:
        return Act(address=f"{_case(row)}/identity", word="identity.decide")
    return None if row.linked else Act(address=f"{_case(row)}/order", word="match.title")


def _print(row: Row) -> Act | None:
    if row.version_id is None or row.paper:
        return None
    word = "township.print-final" if row.final_id else "township.print-preliminary"
    return Act(address=f"/t/print/{row.version_id}", word=word)


def _always(row: Row) -> list[Act]:
    again = [Act(address=f"/t/print/{row.version_id}", word="township.print-again")] if row.version_id else []
    whose = (
        [Act(address=f"{_case(row)}#receipt", word="township.receipt")]
        if row.linked
        else [Act(address=f"{_case(row)}/link", word="township.link")]
    )
    return [
        *again,
        *whose,
        Act(address=f"{_case(row)}/images", word="case.images-page"),
        *([] if row.version_id else [Act(address=f"{_case(row)}/correct", word="case.correct-page")]),
        Act(address=f"{_case(row)}/withhold", word="withhold.link"),
    ]


def _case(row: Row) -> str:
    return f"/t/case/{row.case_id}"
