"""The opinion of a blind reading: normal, recalled for assessment, or recalled because pictures have to be retaken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar

from reading.errors import Invalid
from reading.texts import storable

LONGEST_COMMENT: Final = 1000
LONGEST_VIEW: Final = 16
MOST_VIEWS: Final = 20
WordT = TypeVar("WordT", bound=StrEnum)


class Result(StrEnum):
    NORMAL = "normal"
    RECALL = "recall"
    """Asked back for assessment."""
    TECHNICAL_RECALL = "technical_recall"
    """Pictures have to be taken again."""


class SideResult(StrEnum):
    NORMAL = "normal"
    RECALL = "recall"


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """What a reader of a double reading says beside the report's text."""

    result: Result
    right: SideResult | None = None
    left: SideResult | None = None
    """Of a recall, where the examination has sides; None: nothing is said of the side."""
    views: frozenset[str] = frozenset()
    """Of a technical recall: the views to be taken again, in capitals, e.g. ``RCC``."""
    comment: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "result": self.result,
            "right": self.right,
            "left": self.left,
            "views": sorted(self.views),
            "comment": self.comment,
        }

    @classmethod
    def from_json(cls, value: Any) -> Opinion:
        """The opinion in the JSON of a request or a row.

        Raises:
            Invalid: a member is unknown, of another kind or too long.

        """
        if not isinstance(value, Mapping):
            raise Invalid("opinion", "not_an_object")
        if value.keys() - cls.__dataclass_fields__.keys():
            raise Invalid("opinion", "unknown_field")
        comment = value.get("comment", "")
        if not isinstance(comment, str):
            raise Invalid("opinion", "not_a_text")
        if len(comment) > LONGEST_COMMENT:
            raise Invalid("opinion", "too_long")
        result = _word(Result, value.get("result"))
        if result is None:
            raise Invalid("opinion", "required")
        return cls(
            result=result,
            right=_word(SideResult, value.get("right")),
            left=_word(SideResult, value.get("left")),
            views=_views(value.get("views", [])),
            comment=storable("opinion", comment.strip()),
        )

    def ready_to_sign(self, *, of_breasts: bool) -> None:
        """Make sure that the opinion says what its result needs, and nothing besides.

        ``of_breasts``: the examination has two sides, and a recall says which.

        Raises:
            Invalid: a technical recall names no view, a recall recalls neither side of those that it names, or names
                none where there are two, or a side or a view stands beside a result that has none.

        """
        sides = {self.right, self.left} - {None}
        if self.result is Result.TECHNICAL_RECALL and not self.views:
            raise Invalid("opinion", "views_required")
        if self.result is not Result.TECHNICAL_RECALL and self.views:
            raise Invalid("opinion", "views_not_asked")
        if self.result is not Result.RECALL and sides:
            raise Invalid("opinion", "sides_not_asked")
        if self.result is Result.RECALL and SideResult.RECALL not in sides and (sides or of_breasts):
            raise Invalid("opinion", "no_side_recalled")


def _word(kind: type[WordT], value: Any) -> WordT | None:
    if value is None or value == "":
        return None
    try:
        return kind(value)
    except ValueError as wrong:
        raise Invalid("opinion", "unknown") from wrong


def _views(value: Any) -> frozenset[str]:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > MOST_VIEWS:
        raise Invalid("opinion", "unknown")
    views: set[str] = set()
    for view in value:
        if not isinstance(view, str) or not view.strip() or len(view) > LONGEST_VIEW:
            raise Invalid("opinion", "unknown")
        views.add(storable("opinion", view.strip().upper(), lines=False))
    return frozenset(views)
