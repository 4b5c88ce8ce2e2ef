"""As what somebody signed a report, as it stands under it: on the sheet, at the desk, and where a paper is checked."""

from __future__ import annotations

from collections.abc import Sequence

from reading.cases.moves import SigningRole
from reading.reports.versions import Signature
from reading.rules.required_signatures import by_resident


def signed_as(signatures: Sequence[Signature]) -> list[str]:
    """For each signature on a version the word of its role; that of a resident, and of the attending beside one."""
    resident = any(by_resident(one) for one in signatures)

    def word(one: Signature) -> str:
        if by_resident(one):
            return "resident"
        return "attending" if resident and one.role is SigningRole.VERIFIER else one.role

    return [word(one) for one in signatures]
