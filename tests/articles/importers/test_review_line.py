"""Who reviewed, and on which day, is read with certainty or refused."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.importers.document import ReviewLine, SourceRefused
from articles.importers.review_line import claims_review, goes_on, read_review

TODAY = datetime.date(2025, 12, 1)
DAY = datetime.date(2024, 3, 3)


def read(text: str) -> tuple[ReviewLine, str]:
    assert claims_review(text)
    return read_review(text, line=7, today=TODAY)


@pytest.mark.parametrize(
    ("text", "reviewer", "qualification"),
    [
        ("Medically reviewed by Dr Ann Bell, 3rd Mar. 2024", "Dr Ann Bell", ""),
        (
            "Medically reviewed by: Mr James Patel, Consultant Orthopaedic Surgeon, 3rd March 2024",
            "Mr James Patel",
            "Consultant Orthopaedic Surgeon",
        ),
        ("Reviewed by Dr Siân O’Brien-Núñez on 3 March 2024", "Dr Siân O’Brien-Núñez", ""),
        ("REVIEWED BY DR ANN BELL, MARCH 3, 2024", "DR ANN BELL", ""),
        ("Medically reviewed by Prof. Ann Bell - Mar. 3rd, 2024.", "Prof. Ann Bell", ""),
        ("Clinically reviewed by Ann Bell (Physiotherapist), 2024-03-03", "Ann Bell", "Physiotherapist"),
        (
            "Medically reviewed by Ann Bell MCSP, Physiotherapist, 03/03/2024",
            "Ann Bell",
            "MCSP, Physiotherapist",
        ),
        ("Medically reviewed by Ann Bell, Ph.D., on Sunday, 3rd of March, 2024", "Ann Bell", "Ph.D."),
        (
            "Medically reviewed by Ann Bell – Sports Doctor, Leeds | Last reviewed: 3 Mar 2024",
            "Ann Bell",
            "Sports Doctor, Leeds",
        ),
        (
            "Medically reviewed on 3 March 2024 by Dr Ann Bell, Rheumatologist",
            "Dr Ann Bell",
            "Rheumatologist",
        ),
        ("This article was medically reviewed by Dr Theresa May 3 March 2024", "Dr Theresa May", ""),
        ("Medical reviewer: Dr Ann Bell, 3 March 2024", "Dr Ann Bell", ""),
        ("Last reviewed by Dr D'Arcy Bell (3-Mar-2024)", "Dr D'Arcy Bell", ""),
    ],
)
def test_reviewer_qualification_and_day_are_read_however_they_are_written(
    text: str, reviewer: str, qualification: str
) -> None:
    assert read(text) == (ReviewLine(reviewer, qualification, DAY), "")


@pytest.mark.parametrize(
    "day", ["13/03/2024", "13.03.2024", "03/13/2024", "13 Mar 2024", "March 13 2024", "13th Sept. 2023"]
)
def test_a_numeric_date_is_read_where_only_one_reading_exists(day: str) -> None:
    month, year = (9, 2023) if "Sept" in day else (3, 2024)
    assert read(f"Reviewed by Dr Ann Bell, {day}")[0].reviewed_on == datetime.date(year, month, 13)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Medically reviewed by Dr Ann Bell, 31 February 2024", "“31 February 2024” doesn't exist"),
        ("Medically reviewed by Dr Ann Bell, 0 March 2024", "doesn't exist"),
        ("Medically reviewed by Dr Ann Bell, 2023-02-29", "doesn't exist"),
        ("Medically reviewed by Dr Ann Bell, 13/13/2024", "doesn't exist"),
        ("Medically reviewed by Dr Ann Bell, 3 March 0000", "doesn't exist"),
        ("Medically reviewed by Dr Ann Bell, 2 December 2025", "2 December 2025, is in the future"),
        ("Medically reviewed by Dr Ann Bell, 03/04/2024", "two ways"),
        ("Medically reviewed by Dr Ann Bell", "no date"),
        ("Medically reviewed by Dr Ann Bell, March 2024", "no date"),
        ("Medically reviewed by Dr Ann Bell, 3 March 24", "no date"),
        ("Medically reviewed by Dr Ann Bell, 3 Marchember 2024", "no date"),
        ("Reviewed by Dr Ann Bell", "no date"),
        ("Medically reviewed by 3 March 2024", "names no reviewer"),
        ("Medically reviewed 3 March 2024", "names no reviewer"),
    ],
)
def test_a_doubtful_review_line_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(SourceRefused, match=message) as refusal:
        read(text)
    assert refusal.value.line == 7


def test_a_review_today_is_not_in_the_future() -> None:
    assert read("Reviewed by Dr Ann Bell, 1 December 2025")[0].reviewed_on == TODAY


def test_words_after_the_date_are_handed_back() -> None:
    review, rest = read("Medically reviewed by Dr Ann Bell on 3 March 2024. Next review in 2026.")
    assert (review, rest) == (ReviewLine("Dr Ann Bell", "", DAY), "Next review in 2026.")


@pytest.mark.parametrize(
    "text",
    [
        "Medically reviewed articles are safer.",
        "Reviewed by many authors, the method has fallen out of use.",
        "Last reviewed: 3 March 2024",
        "The evidence was reviewed by a panel.",
        "",
    ],
)
def test_prose_about_reviews_is_no_review_line(text: str) -> None:
    assert not claims_review(text)


@pytest.mark.parametrize(
    ("text", "following", "goes"),
    [
        ("Medically reviewed by", "Dr Ann Bell", True),
        ("Medically reviewed by Dr Ann Bell", "3rd March 2024", True),
        ("Medically reviewed by Dr Ann Bell,", "Physiotherapist", True),
        ("Medically reviewed by Dr Ann Bell", "What is it?", False),
        ("Medically reviewed by Dr Ann Bell, 3 March 2024", "4 March 2024", False),
    ],
)
def test_a_review_line_goes_on_below_until_it_has_its_date(text: str, following: str, goes: bool) -> None:
    assert goes_on(text, following) is goes


@given(
    st.dates(datetime.date(1990, 1, 1), TODAY),
    st.sampled_from(["%d %B %Y", "%d %b. %Y", "%B %d, %Y", "%Y-%m-%d"]),
)
def test_every_real_day_is_read_as_itself(day: datetime.date, style: str) -> None:
    assert read(f"Medically reviewed by Dr Ann Bell, {day.strftime(style)}")[0].reviewed_on == day


@given(st.sampled_from(["Medically reviewed by ", "Reviewed by Dr ", "Medical review: "]), st.text())
def test_any_review_line_is_read_or_refused(opening: str, rest: str) -> None:
    if not claims_review(opening + rest):
        return
    try:
        review, _ = read_review(opening + rest, line=1, today=TODAY)
    except SourceRefused:
        return
    assert review.reviewer
    assert review.reviewed_on <= TODAY
