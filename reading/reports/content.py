"""The content of a report, as a value and in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from reading.errors import Invalid
from reading.texts import storable

_LENGTHS: Final = {"findings": 20_000, "impression": 10_000, "recommendation": 4_000, "critical_class": 40}


@dataclass(frozen=True, kw_only=True)
class Content:
    """The text and findings of a report."""

    findings: str = ""
    """检查所见"""
    impression: str = ""
    """诊断意见"""
    positive: bool | None = None
    critical_class: str | None = None
    recommendation: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "findings": self.findings,
            "impression": self.impression,
            "positive": self.positive,
            "critical_class": self.critical_class,
            "recommendation": self.recommendation,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Content:
        """The content in the JSON of a request or a row.

        Raises:
            Invalid: a field is unknown, of another type, too long, or holds control characters.

        """
        unknown = sorted(value.keys() - cls.__dataclass_fields__.keys())
        if unknown:
            raise Invalid(unknown[0], "unknown_field")
        positive = value.get("positive")
        if positive is not None and not isinstance(positive, bool):
            raise Invalid("positive", "not_a_boolean")
        critical_class = value.get("critical_class")
        return cls(
            findings=_text(value.get("findings", ""), "findings"),
            impression=_text(value.get("impression", ""), "impression"),
            positive=positive,
            critical_class=None if critical_class is None else _text(critical_class, "critical_class") or None,
            recommendation=_text(value.get("recommendation", ""), "recommendation"),
        )

    def ready_to_sign(self) -> None:
        """Make sure that the content may be signed.

        Raises:
            Invalid: findings or impression are blank.

        """
        for name in ("findings", "impression"):
            if not str(getattr(self, name)).strip():
                raise Invalid(name, "required")


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise Invalid(name, "not_a_text")
    if len(value) > _LENGTHS[name]:
        raise Invalid(name, "too_long")
    return storable(name, value)
