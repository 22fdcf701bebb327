"""Words of a search, and which known word was meant by one that is mistyped. Standard library only."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

MOST_TEXT = 200
"""Characters of a search that are read."""
MOST_WORDS = 10
LONGEST_WORD = 40

_WORD = re.compile(r"[^\W_]+")
_CUT_OFF = frozenset({"s", "t", "ll", "re", "ve"})
_APOSTROPHES = str.maketrans({"\N{RIGHT SINGLE QUOTATION MARK}": "'", "\N{MODIFIER LETTER APOSTROPHE}": "'"})


def words_of(text: str) -> list[str]:
    """The words of any text, in small letters: "Runner's knee" has "runner" and "knee". Never raises."""
    plain = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES).lower()
    words = []
    for found in _WORD.finditer(plain):
        after_apostrophe = found.start() > 0 and plain[found.start() - 1] == "'"
        if not (after_apostrophe and found.group() in _CUT_OFF):
            words.append(found.group()[:LONGEST_WORD])
    return words


def asked_words(text: str) -> list[str]:
    """The words of a search: whatever somebody sends, these are few and short. Each once, in order."""
    return list(dict.fromkeys(words_of(text[:MOST_TEXT])))[:MOST_WORDS]


def meant(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, or None.

    The one with the fewest slips, then one that begins alike, then the first of `known`, which come most alike
    first. A word that is only begun ("hamstr") counts as meant if three letters are there.
    """
    best: tuple[int, bool, int] | None = None
    found = None
    for position, other in enumerate(known):
        if other.startswith(word) and len(word) >= 3:
            slips = 0 if other == word else 1
        else:
            slips = distance(word, other, most=allowed_slips(word))
        if slips > allowed_slips(word):
            continue
        rank = (slips, other[:1] != word[:1], position)
        if best is None or rank < best:
            best, found = rank, other
    return found


def allowed_slips(word: str) -> int:
    """How many slips a word of that length may have: none where another word is one letter away."""
    return 0 if len(word) < 3 else 1 if len(word) <= 4 else 2 if len(word) <= 8 else 3


def distance(one: str, other: str, *, most: int) -> int:
    """Slips between two words: a letter more, less, another, or two swapped. `most` + 1 if there are more than `most`.

    The restricted Damerau-Levenshtein distance ("optimal string alignment").
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        earlier, before, row = before, row, [i]
        for j, its in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != its))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == its:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)
