"""The keys of an installation."""

from __future__ import annotations

import hashlib
import hmac
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reading.errors import KeyFileUnfit, WrongKey
from reading.patients.keys import Keys, key_file, keys_in

KEYS = Keys(digest_key=b"d" * 32, cipher_key=b"c" * 32)


def test_keys_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    made = keys_in(tmp_path / "keys")

    assert keys_in(tmp_path / "keys") == made
    assert made.digest_key != made.cipher_key
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == ["identifiers.aes", "identifiers.hmac"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").iterdir()} == {0o600}


def test_of_several_that_start_together_all_use_the_same_keys(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(keys_in, [tmp_path / "keys"] * 16))

    assert all(keys == made[0] for keys in made)
    assert len(list((tmp_path / "keys").iterdir())) == 2


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    keys_in(tmp_path)
    (tmp_path / "identifiers.aes").chmod(0o640)

    with pytest.raises(KeyFileUnfit) as refused:
        keys_in(tmp_path)
    assert refused.value.problem == "open_to_others"


def test_a_key_that_was_cut_is_refused_and_not_made_anew(tmp_path: Path) -> None:
    keys_in(tmp_path)
    (tmp_path / "identifiers.hmac").write_bytes(b"short")

    with pytest.raises(KeyFileUnfit) as refused:
        keys_in(tmp_path)
    assert refused.value.problem == "length"
    assert (tmp_path / "identifiers.hmac").read_bytes() == b"short"


def test_another_part_of_the_house_keeps_its_key_the_same_way(tmp_path: Path) -> None:
    assert key_file(tmp_path / "seal.pem", lambda: b"first") == b"first"
    assert key_file(tmp_path / "seal.pem", lambda: b"second") == b"first"


def test_a_digest_is_an_hmac_over_parts_with_their_lengths() -> None:
    message = b"\0\0\0\x04card\0\0\0\x02CN\0\0\0\x0111"[:-1]

    assert KEYS.digest("card", "CN", "1") == hmac.new(b"d" * 32, message, hashlib.sha256).digest()


@given(st.tuples(st.text(), st.text(), st.text()), st.tuples(st.text(), st.text(), st.text()))
def test_digests_are_equal_for_equal_parts_alone(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    assert (KEYS.digest(*one) == KEYS.digest(*other)) == (one == other)


@given(value=st.text(), purpose=st.text())
def test_what_was_sealed_opens_for_its_purpose(value: str, purpose: str) -> None:
    assert KEYS.open(KEYS.seal(value, purpose), purpose) == value


def test_a_ciphertext_never_repeats_and_holds_nothing_readable() -> None:
    first, second = KEYS.seal("110105199003071220"), KEYS.seal("110105199003071220")

    assert first != second
    assert b"199003" not in first


@pytest.mark.parametrize("place", [0, 1, 13, -1])
def test_a_changed_ciphertext_does_not_open(place: int) -> None:
    sealed = bytearray(KEYS.seal("value", "purpose"))
    sealed[place] ^= 1

    with pytest.raises(WrongKey):
        KEYS.open(bytes(sealed), "purpose")


def test_a_ciphertext_opens_neither_for_another_purpose_nor_with_another_key() -> None:
    sealed = KEYS.seal("value", "patient 1")

    with pytest.raises(WrongKey):
        KEYS.open(sealed, "patient 2")
    with pytest.raises(WrongKey):
        Keys(digest_key=b"d" * 32, cipher_key=b"x" * 32).open(sealed, "patient 1")
    with pytest.raises(WrongKey):
        KEYS.open(b"", "patient 1")


def test_keys_do_not_show_themselves() -> None:
    assert repr(KEYS) == "Keys()"
