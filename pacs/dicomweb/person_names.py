"""Person names in the DICOM JSON model have an alphabetic group: clients such as OHIF stop at one that has none.

Where a name came in characters alone, the characters stand in it too (PS3.18 F.2.2 asks for no other). Pinyin would be
a guess; what goes out corrected has the pinyin of the register.
"""

from __future__ import annotations

import re
from typing import Final

_WITHOUT_ALPHABETIC: Final = re.compile(rb'\{"(Ideographic|Phonetic)":("(?:[^"\\]|\\.)*")')
"""The groups stand in the order of the standard. A quote inside a value is escaped, so this is never a part of one."""


def with_alphabetic_groups(written: bytes) -> bytes:
    """DICOM JSON, written without spaces, whose names all have an alphabetic group."""
    return _WITHOUT_ALPHABETIC.sub(rb'{"Alphabetic":\2,"\1":\2', written)
