"""Lists the licence of every package that is shipped, and fails for one that does not fit Apache-2.0: `make lint`.

Read from the metadata of the installed packages that `locks/serve.txt` names. Fitting are permissive licences, and
those that bind the package itself alone, which is shipped unchanged and apart: MPL-2.0, LGPL and the fonts' OFL.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Final

LOCK: Final = Path(__file__).parents[1] / "locks" / "serve.txt"
FITTING: Final = frozenset(
    (
        *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0", "MIT-CMU", "PSF-2.0"),
        *("Unlicense", "Zlib"),
        *("LGPL-3.0-only", "MPL-2.0", "OFL-1.1"),
    )
)
"""SPDX identifiers."""
SAID_OTHERWISE: Final = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
"""Classifiers of packages that name no SPDX expression."""


def main() -> int:
    """Exit code 1 where a licence does not fit, or is not said."""
    found = dict(licences(packages(LOCK.read_text("utf-8"))))
    for name, licence in found.items():
        print(f"{name:<24} {licence}")
    wrong = unfit(found)
    for name in wrong:
        print(f"{name}: {found[name] or 'no licence'} does not fit Apache-2.0", file=sys.stderr)
    return 1 if wrong else 0


def packages(lock: str) -> list[str]:
    """The packages of a lock; one that stands there for several Python versions once."""
    return list(dict.fromkeys(re.findall(r"^([A-Za-z0-9_.-]+)==", lock, re.MULTILINE)))


def licences(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Name and licence, as an SPDX expression; empty where none is said. What another system needs is passed over."""
    for name in names:
        try:
            said = metadata(name)
        except PackageNotFoundError:
            continue
        classifiers = [one.rsplit(" :: ", 1)[1] for one in said.get_all("Classifier") or [] if "License ::" in one]
        known = [SAID_OTHERWISE.get(one, one) for one in classifiers if one != "OSI Approved"]
        old = str(said.get("License") or "").strip()
        yield name, str(said.get("License-Expression") or "") or " AND ".join(known) or old


def unfit(found: Mapping[str, str]) -> list[str]:
    """The packages none of whose offered licences fits; of one with several parts, each part's must."""
    return [name for name, licence in found.items() if not any(_fits(one) for one in licence.split(" OR "))]


def _fits(licence: str) -> bool:
    return all(part.strip("() ") in FITTING for part in licence.split(" AND "))


if __name__ == "__main__":
    sys.exit(main())
