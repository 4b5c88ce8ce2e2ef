"""What is shipped may be shipped: every runtime dependency has a licence that fits Apache-2.0."""

from __future__ import annotations

import pytest

from tests.licences import LOCK, licences, packages, unfit


def test_every_runtime_dependency_fits() -> None:
    found = dict(licences(packages(LOCK.read_text("utf-8"))))

    assert len(found) > 50
    assert unfit(found) == []


@pytest.mark.parametrize(
    ("licence", "fits"),
    [
        ("MIT", True),
        ("Apache-2.0 OR GPL-3.0-only", True),
        ("BSD-3-Clause AND Zlib", True),
        ("GPL-3.0-only", False),
        ("MIT AND GPL-3.0-or-later", False),
        ("GNU General Public License v3 (GPLv3)", False),
        ("AGPL-3.0-only", False),
        ("", False),
    ],
)
def test_a_licence_that_binds_others_does_not_fit(licence: str, fits: bool) -> None:
    assert (unfit({"codec": licence}) == []) is fits


def test_a_lock_names_its_packages_once() -> None:
    lock = "numpy==1 ; python_version < '3.12' \\\n    --hash=sha256:0\nnumpy==2 \\\n    # via\n    #   a\nh11==1\n"

    assert packages(lock) == ["numpy", "h11"]
