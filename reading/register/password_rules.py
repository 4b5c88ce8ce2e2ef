"""What a password must be: long, of several characters, and nothing that anybody would try first (NIST SP 800-63B-4).

No mixture of kinds of characters is asked for. The list of common passwords holds those of Django 5.2 (BSD-3-Clause, by
Royce Williams) and zxcvbn (MIT, by Dropbox) that have ten characters, and their words of five letters and more.
"""

from __future__ import annotations

import gzip
import itertools
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Final

from reading.errors import Invalid

SHORTEST: Final = 10
LONGEST: Final = 256
"""Characters; longer ones would only cost computing time."""
FEWEST_DIFFERENT: Final = 5
"""Different characters."""
LONGEST_REPEATED: Final = 4
"""A piece of so many characters, over and over, is no longer than itself."""
_RUNS: Final = ("01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv5tgb")
_OURS: Final = ("tierread", "radiology", "hospital")
_SHORTEST_WORD: Final = 3


def check(password: str, *, username: str, words: Iterable[str] = ()) -> None:
    """Make sure that a password follows the rules; ``words`` are what others know of its owner: name, organisation.

    Raises:
        Invalid: it is too short, too long, too short without what others know, of too few different characters,
            common, or has no UTF-8 form.

    """
    if not has_utf_8(password):
        raise Invalid("password", "characters")
    if len(password) > LONGEST:
        raise Invalid("password", "too_long")
    plain = unicodedata.normalize("NFKC", password).casefold()
    if len(plain) < SHORTEST:
        raise Invalid("password", "too_short")
    if len(_without(plain, [username])) < SHORTEST:
        raise Invalid("password", "holds_username")
    if len(set(plain)) < FEWEST_DIFFERENT or _repeats(plain):
        raise Invalid("password", "few_characters")
    if _is_common(plain):
        raise Invalid("password", "common")
    if len(_without(plain, [*words, *_OURS])) < SHORTEST:
        raise Invalid("password", "holds_known_word")


def has_utf_8(text: str) -> bool:
    return not any(0xD800 <= ord(character) < 0xE000 for character in text)


def _without(plain: str, words: Iterable[str]) -> str:
    for word in sorted({unicodedata.normalize("NFKC", each).casefold() for each in words}, key=len, reverse=True):
        # One Chinese character says as much as some letters.
        if len(word) >= _SHORTEST_WORD or (len(word) > 1 and not word.isascii()):
            plain = plain.replace(word, "")
    return plain


def _repeats(plain: str) -> bool:
    return any(plain == (plain[:n] * len(plain))[: len(plain)] for n in range(1, LONGEST_REPEATED + 1))


def _is_common(plain: str) -> bool:
    # A word with digits and signs around it is the first thing that is tried after the word.
    core = plain.strip("".join(each for each in set(plain) if not each.isalpha()))
    return plain in _common() or core in _common() or any(plain in run for run in _long_runs())


@cache
def _common() -> frozenset[str]:
    packed = files("reading.register").joinpath("common_passwords.txt.gz").read_bytes()
    return frozenset(gzip.decompress(packed).decode().splitlines())


@cache
def _long_runs() -> tuple[str, ...]:
    return tuple(each * 3 for each in itertools.chain(_RUNS, (run[::-1] for run in _RUNS)))
