"""Which words a search has, and which known word was meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.spelling import LONGEST_WORD, MOST_WORDS, asked_words, distance, meant, words_of

KNOWN = [
    "sciatica",
    "hamstring",
    "knee",
    "kneel",
    "back",
    "slipped disc",
    "iliotibial",
    "band",
    "meniscus",
    "strain",
]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Runner's knee", ["runner", "knee"]),
        ("Runner’s KNEE!", ["runner", "knee"]),
        ("slipped-disc; 'or' 1=1 --", ["slipped", "disc", "or", "1", "1"]),
        ("don't", ["don"]),
        ("O'Brien", ["o", "brien"]),
        ("___ \x00 🦵 \u202e ()&|!:*", []),
        ("ﬁbula", ["fibula"]),
        ("İstanbul", ["i", "stanbul"]),
        ("ركبة knee", ["ركبة", "knee"]),
    ],
)
def test_words_are_taken_from_whatever_is_typed(text, words):
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("siatica", "sciatica"),
        ("sciatcia", "sciatica"),
        ("scaitica", "sciatica"),
        ("hamstirng", "hamstring"),
        ("hamstr", "hamstring"),
        ("kne", "knee"),
        ("bakc", "back"),
        ("slippeddisc", "slipped disc"),
        ("ilotibal", "iliotibial"),
        ("menicus", "meniscus"),
        ("stran", "strain"),
        ("knee", "knee"),
        ("xyzzy", None),
        ("ba", None),
        ("", None),
        ("liver", None),
    ],
)
def test_a_slip_leads_to_the_word_that_was_meant_and_another_word_does_not(typed, word):
    assert meant(typed, KNOWN) == word


@pytest.mark.parametrize(
    ("one", "other", "slips"),
    [
        ("", "", 0),
        ("a", "", 1),
        ("ab", "ba", 1),
        ("knee", "keen", 2),
        ("ca", "abc", 3),
        ("abc", "abc", 0),
        ("abcd", "wxyz", 4),
    ],
)
def test_slips_are_counted(one, other, slips):
    assert distance(one, other, most=9) == distance(other, one, most=9) == slips


@given(st.text(max_size=12), st.text(max_size=12), st.integers(0, 4))
def test_a_distance_is_alike_both_ways_and_capped(one, other, most):
    slips = distance(one, other, most=most)
    assert slips == distance(other, one, most=most) == min(distance(one, other, most=99), most + 1)
    assert (slips == 0) is (one == other)


@given(st.text(max_size=2000))
def test_a_search_is_never_long(text):
    words = asked_words(text)
    assert len(words) <= MOST_WORDS
    assert len(set(words)) == len(words)
    assert all(0 < len(word) <= LONGEST_WORD for word in words)


@given(st.text(max_size=40), st.lists(st.text(max_size=40), max_size=10))
def test_only_a_known_word_is_ever_meant(typed, known):
    assert meant(typed, known) in {None, *known}
