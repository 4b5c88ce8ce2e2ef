"""Answers leave in pieces that are worth a change of threads, and say the same bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pacs.dicomweb.answers import gathered


@given(st.lists(st.binary(max_size=40)), st.integers(1, 60))
def test_small_pieces_leave_together(pieces: list[bytes], least: int) -> None:
    sent = list(gathered(pieces, least))

    assert b"".join(sent) == b"".join(pieces)
    assert all(len(piece) >= least for piece in sent[:-1])
    assert all(len(piece) < least + 40 for piece in sent)
