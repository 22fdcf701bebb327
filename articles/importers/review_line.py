"""Read a line such as "Medically reviewed by Dr Ann Bell, Physiotherapist, 3rd March 2024".

The date must be whole and certain: it decides when readers are told that a page is out of date. A line that claims
a review without a readable reviewer and date is refused, never guessed at.
"""

import datetime
import re

from articles.importers.document import ReviewLine, SourceRefused

_LONGEST = 400
"""Characters of a line that are searched for a reviewer and a date: a review line is never longer."""

_CLAIM = re.compile(
    r"(?:this (?:article|page|content) (?:was|has been|is) )?"
    r"(?:(?P<medical>(?:medically|clinically) (?:reviewed|checked)(?: and \w{1,20})?|medical review(?:er|ed)?)"
    r"(?=$|[ ]*[:,|\u2013\u2014-]|[ ]+(?:by|on)\b|[ ]*[0-9])"
    r"|(?:last )?reviewed(?=[ ]+by\b|[ ]+on\b[^.]{1,40}\bby\b))",
    re.IGNORECASE,
)

_MONTH_NAMES = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?"
    r"|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b"
)
_DAY = r"(?<![0-9])[0-9]{1,2}"
_YEAR = r"[0-9]{4}(?![0-9])"
_DATE = re.compile(
    r"(?:\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?[., ]{1,3})?(?:"
    rf"(?P<iso_year>(?<![0-9])[0-9]{{4}})[-/.](?P<iso_month>[0-9]{{1,2}})[-/.](?P<iso_day>[0-9]{{1,2}})(?![0-9])"
    r"(?:T[0-9:.]{2,15}Z?)?"
    rf"|(?P<uk_day>{_DAY})(?:st|nd|rd|th)?[ .\-/]{{0,3}}(?:of )?(?P<uk_month>{_MONTH})[ .,\-/]{{0,3}}(?P<uk_year>{_YEAR})"
    rf"|\b(?P<us_month>{_MONTH})[ .\-]{{0,3}}(?P<us_day>{_DAY})(?:st|nd|rd|th)?[ .,\-/]{{0,3}}(?P<us_year>{_YEAR})"
    rf"|(?P<first>{_DAY})[-/.](?P<second>[0-9]{{1,2}})[-/.](?P<number_year>{_YEAR})"
    r")",
    re.IGNORECASE,
)
_BARE_DATE = re.compile(rf"(?:(?:last )?reviewed:? |on |date:? )?{_DATE.pattern}[ .)]{{0,2}}", re.IGNORECASE)

_UNFINISHED = re.compile(r"(?:\b(?:by|on)|[:,])$", re.IGNORECASE)
_BEFORE_THE_DATE = re.compile(
    r"[ ,;(|\u2013\u2014-]*\b(?:on|dated?|(?:last )?(?:reviewed|updated)(?: on)?):?$", re.IGNORECASE
)
_QUALIFICATION = re.compile(r" ?, ?| [|\u2013\u2014-] | \(")
_LETTERS_AFTER_A_NAME = frozenset(
    "BSc MSc MD MBBS MBChB FRCS FRCP MRCP MRCGP MCSP PhD DPhil DPT DO PT RN".casefold().split()
)


def claims_review(text: str) -> bool:
    """Whether this line says that someone reviewed the article."""
    claim = _CLAIM.match(text)
    if claim is None:
        return False
    if claim["medical"] or _DATE.search(text, 0, _LONGEST):
        return True
    # "Reviewed by many, the method is old." is prose: without a date only a short, unended line is a review line.
    return len(text) <= _LONGEST and not text.endswith(".")


def goes_on(text: str, following: str) -> bool:
    """Whether `following`, the next line of the source, belongs to the review line `text`."""
    if len(text) > _LONGEST or _DATE.search(text):
        return False
    return bool(_BARE_DATE.fullmatch(following)) or (
        bool(_UNFINISHED.search(text)) and len(following) <= 120 and not following.endswith(".")
    )


def read_review(text: str, *, line: int, today: datetime.date) -> tuple[ReviewLine, str]:
    """The claim made by `text`, for which `claims_review` holds, and the words after it that are no part of it.

    Raises SourceRefused, with `line`, where the line names no reviewer, or gives no date, one that could be read in
    two ways, one that doesn't exist, or one after `today`.
    """
    claim = _CLAIM.match(text)
    if claim is None:
        raise ValueError(f"no review is claimed by {text!r}")
    found = _DATE.search(text, claim.end(), _LONGEST)
    if found is None:
        raise SourceRefused(
            "The review line has no date that can be read. Give day, month and year, such as 21 February 2022.",
            line,
        )
    reviewed_on = _date(found, line)
    if reviewed_on > today:
        raise SourceRefused(
            f"The review date, {in_words(reviewed_on)}, is in the future. Correct it, or take the line out.",
            line,
        )
    before = re.sub(
        r"^ ?(?:by\b)? ?[:|,\u2013\u2014-]? ?(?:by\b ?:?)?", "", text[claim.end() : found.start()], flags=re.I
    )
    before = _trim(_BEFORE_THE_DATE.sub("", before.rstrip()))
    after = text[found.end() :].lstrip(" .,;:)|\u2013\u2014-")
    if not before and (by := re.match(r"by\b ?:? ?", after, re.IGNORECASE)):
        before, after = _trim(after[by.end() :]), ""
    reviewer, qualification = _name_and_qualification(before)
    if not any(character.isalpha() for character in reviewer):
        raise SourceRefused(
            "The review line names no reviewer. Give the reviewer's name, or take the line out.", line
        )
    return ReviewLine(reviewer, qualification, reviewed_on), after


def _date(found: re.Match[str], line: int) -> datetime.date:
    if found["iso_year"]:
        year, month, day = int(found["iso_year"]), int(found["iso_month"]), int(found["iso_day"])
    elif found["number_year"]:
        year, first, second = int(found["number_year"]), int(found["first"]), int(found["second"])
        if first <= 12 and second <= 12 and first != second:
            raise SourceRefused(
                f"The review date “{found[0]}” can be read in two ways. Write the month as a word.", line
            )
        day, month = (second, first) if second > 12 else (first, second)
    else:
        way = "uk" if found["uk_year"] else "us"
        year, day = int(found[f"{way}_year"]), int(found[f"{way}_day"])
        start = found[f"{way}_month"].casefold()[:3]
        month = 1 + next(index for index, name in enumerate(_MONTH_NAMES) if name.startswith(start))
    try:
        return datetime.date(year, month, day)
    except ValueError:
        raise SourceRefused(
            f"The review date “{found[0]}” doesn't exist. Correct it, or take the line out.", line
        ) from None


def _name_and_qualification(text: str) -> tuple[str, str]:
    parts = _QUALIFICATION.split(text, maxsplit=1)
    name, qualification = parts[0].strip(), (parts[1].strip() if len(parts) > 1 else "")
    if qualification.endswith(")") and "(" not in qualification:
        qualification = qualification[:-1]
    words = name.split(" ")
    letters: list[str] = []
    while len(words) > 2 and words[-1].casefold() in _LETTERS_AFTER_A_NAME:
        letters.insert(0, words.pop())
    if letters:
        qualification = ", ".join(part for part in (" ".join(letters), qualification) if part)
    return " ".join(words), qualification


def _trim(text: str) -> str:
    """`text` without the punctuation around it; a full stop that shortens the last word ("Ph.D.", "Jr.") stays."""
    text = text.strip(" ,;:(|\u2013\u2014-")
    last = text.rpartition(" ")[2]
    if text.endswith(".") and last.count(".") == 1 and last.casefold() not in {"jr.", "sr."}:
        return text[:-1].rstrip(" ,")
    return text


def in_words(date: datetime.date) -> str:
    """The day as people write it: "3 March 2024"."""
    return f"{date.day} {_MONTH_NAMES[date.month - 1].title()} {date.year}"
