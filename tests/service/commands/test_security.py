"""`tierread security failures`: who is tried and from where, also behind a proxy that is trusted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.running import TierRead, serving

STRANGER = {"X-Forwarded-For": "203.0.113.9"}


def failures(tierread: TierRead) -> dict[tuple[str, str], int]:
    listed: list[dict[str, Any]] = tierread.admin("security", "failures")["failures"]
    return {(one["kind"], one["about"]): one["failures"] for one in listed}


@pytest.mark.parametrize(
    ("settings", "address"),
    [({}, "127.0.0.1"), ({"TIERREAD_TRUSTED_PROXIES": "127.0.0.1"}, "203.0.113.9")],
    ids=["no proxy is trusted", "a trusted proxy"],
)
def test_a_stranger_is_counted_where_they_come_from_and_never_where_they_say(
    settings: dict[str, str], address: str, tmp_path: Path
) -> None:
    with serving(tmp_path, settings=settings) as tierread:
        guess = {"username": "administrator", "password": "guess-guess-guess"}
        answers = [tierread.client().post("/api/session", json=guess, headers=STRANGER) for _ in range(3)]
        seen = failures(tierread)
        words = tierread.run("security", "failures").stdout

    assert [one.status_code for one in answers] == [401] * 3
    assert {one for one in seen.items() if one[0][0] == "address"} == {(("address", address), 3)}
    assert seen["everybody", ""] == 3
    assert address in words


def test_without_failures_nobody_is_listed(tmp_path: Path) -> None:
    assert failures(TierRead(tmp_path)) == {("everybody", ""): 0}
