"""Whatever text holds a word has all numbers by which the word is sought; spaces, case and widths do not matter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reading.errors import Invalid
from reading.search.grams import LONGEST, MOST_WORDS, grams, plain, sought_grams, sought_words

WORDS = st.text(alphabet=st.sampled_from("右肺结节磨玻璃影ABc9 　Ｃ－"), max_size=12)


@given(before=WORDS, word=WORDS, after=WORDS)
def test_a_text_has_the_numbers_of_each_word_in_it(before: str, word: str, after: str) -> None:
    sought = plain(word)
    text = plain(before + word + after)

    assert sought in text or not sought
    assert set(sought_grams(sought) if sought else []) <= set(grams(text))


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("右肺　结节", ("右肺", "结节")),
        (" GGO ggo ", ("ggo",)),
        ("ＢＩ－ＲＡＤＳ", ("bi-rads",)),
        ("癌", ("癌",)),
        ("", ()),
    ],
)
def test_what_is_typed_becomes_words(typed: str, words: tuple[str, ...]) -> None:
    assert sought_words(typed) == words


@pytest.mark.parametrize("typed", ["x" * (LONGEST + 1), " ".join(map(str, range(MOST_WORDS + 1))), "a\x00"])
def test_what_no_search_takes_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        sought_words(typed)
