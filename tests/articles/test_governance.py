"""The rules of medical review, without a database or a clock."""

import datetime
import unicodedata
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from articles.governance import (
    BADGED,
    LATE_AFTER_DAYS,
    ReviewRule,
    ReviewState,
    SignOff,
    SignOffOutcome,
    Stage,
    Standing,
    add_months,
    fingerprint,
    next_stage_day,
    reached,
    stage_days,
    standing,
)

DAY = datetime.timedelta(days=1)
STANDARD = ReviewRule(interval_months=24)
STRICT = ReviewRule(interval_months=12, withhold_offers=True)
SIGNED = SignOff(date(2024, 2, 21), "v1:signed")

days = st.dates(date(2000, 1, 1), date(2100, 12, 31))
rules = st.builds(
    ReviewRule,
    interval_months=st.integers(1, 120),
    due_soon_days=st.integers(0, 400),
    grace_days=st.integers(0, 400),
    withhold_offers=st.booleans(),
)


def stand(
    today: date, sign_off: SignOff | None = SIGNED, *, rule: ReviewRule = STANDARD, **values
) -> Standing:
    values.setdefault("live_fingerprint", "v1:signed")
    return standing(today=today, rule=rule, sign_off=sign_off, **values)


# --- due dates ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2024, 2, 21), 24, date(2026, 2, 21)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 10, 31), 1, date(2026, 11, 30)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2099, 2, 28), 12, date(2100, 2, 28)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 5, 5), 0, date(2026, 5, 5)),
    ],
)
def test_months_are_added_by_the_calendar_and_month_ends_clamp(day, months, expected):
    assert add_months(day, months) == expected


@given(days, st.integers(0, 240))
def test_a_day_some_months_later_stands_in_that_month_and_never_after_the_same_day(day, months):
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and (later + DAY).day == 1)


@given(st.lists(days, min_size=2, max_size=2).map(sorted), st.integers(0, 240))
def test_an_earlier_review_is_never_due_later(two, months):
    assert add_months(two[0], months) <= add_months(two[1], months)


# --- states ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "state"),
    [
        (date(2024, 2, 21), ReviewState.CURRENT),
        (date(2025, 12, 22), ReviewState.CURRENT),
        (date(2025, 12, 23), ReviewState.DUE_SOON),  # 60 days before
        (date(2026, 2, 21), ReviewState.DUE_SOON),  # the due date itself
        (date(2026, 2, 22), ReviewState.OVERDUE),
        (date(2026, 5, 22), ReviewState.OVERDUE),  # the last day of grace
        (date(2026, 5, 23), ReviewState.EXPIRED),
    ],
)
def test_a_review_runs_through_its_states_on_these_days(today, state):
    found = stand(today)
    assert found == Standing(state, date(2026, 2, 21), date(2026, 5, 22))
    assert found.has_badge == (state in BADGED)


TIMES = {
    "current": date(2024, 3, 1),
    "due soon": date(2026, 2, 1),
    "overdue": date(2026, 3, 1),
    "expired": date(2026, 6, 1),
}


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("changed", [False, True])
@pytest.mark.parametrize("withdrawn", [False, True])
def test_withdrawn_comes_before_expired_before_changed_before_what_the_calendar_says(
    time, changed, withdrawn
):
    found = stand(
        TIMES[time],
        SignOff(SIGNED.on, SIGNED.fingerprint, withdrawn=withdrawn),
        live_fingerprint="v1:other" if changed else SIGNED.fingerprint,
    )
    if withdrawn:
        expected = ReviewState.WITHDRAWN
    elif time == "expired":
        expected = ReviewState.EXPIRED
    elif changed:
        expected = ReviewState.CHANGED
    else:
        expected = ReviewState(time.replace(" ", "_"))
    assert found.state is expected
    assert found.has_badge == (not withdrawn and not changed and time != "expired")


def test_an_article_that_nobody_reviewed_stands_at_never_and_is_due_at_no_later_day():
    assert stand(date(2026, 1, 1), None) == Standing(ReviewState.NEVER)


@given(st.integers(-400, 800), rules, days, st.booleans(), st.booleans())
def test_a_badge_needs_the_signed_words_a_standing_review_and_a_day_within_grace(
    late, rule, on, same, withdrawn
):
    today = add_months(on, rule.interval_months) + late * DAY
    found = stand(
        today,
        SignOff(on, "v1:a", withdrawn=withdrawn),
        rule=rule,
        live_fingerprint="v1:a" if same else "v1:b",
    )
    assert found.has_badge == (same and late <= rule.grace_days and not withdrawn)


@pytest.mark.parametrize(
    ("today", "state"),
    [
        (date(2024, 2, 21), ReviewState.NEVER),
        (date(2026, 2, 21), ReviewState.NEVER),  # the due date itself
        (date(2026, 2, 22), ReviewState.OVERDUE),
        (date(2026, 5, 22), ReviewState.OVERDUE),  # the last day of grace
        (date(2026, 5, 23), ReviewState.EXPIRED),
    ],
)
def test_an_imported_review_is_overdue_and_expires_but_never_earns_a_badge(today, state):
    found = stand(today, None, imported_on=SIGNED.on)
    assert found == Standing(state, date(2026, 2, 21), date(2026, 5, 22), imported=True)
    assert not found.has_badge


@given(days, st.integers(-400, 400), rules, st.text(max_size=5))
def test_an_imported_review_is_never_current_nor_due_soon_on_any_day(on, late, rule, words):
    today = add_months(on, rule.interval_months) + late * DAY
    found = stand(today, None, rule=rule, imported_on=on, live_fingerprint=words)
    assert found.imported
    assert not found.has_badge
    assert found.state in {ReviewState.NEVER, ReviewState.OVERDUE, ReviewState.EXPIRED}
    assert (found.state is ReviewState.NEVER) == (late <= 0)
    assert (found.state is ReviewState.EXPIRED) == (late > max(rule.grace_days, 0))


@given(days, rules, days, days)
def test_a_sign_off_here_replaces_what_was_imported(today, rule, on, imported_on):
    with_import = stand(today, SignOff(on, "v1:signed"), rule=rule, imported_on=imported_on)
    assert with_import == stand(today, SignOff(on, "v1:signed"), rule=rule)


def test_the_first_review_of_the_seed_has_long_expired():
    found = stand(date(2026, 11, 22), None, imported_on=date(2022, 2, 21))
    assert (found.state, found.due_on) == (ReviewState.EXPIRED, date(2024, 2, 21))


@pytest.mark.parametrize(
    ("rule", "sign_off", "imported_on", "withheld"),
    [
        (STRICT, SIGNED, None, True),
        (STANDARD, SIGNED, None, False),
        (STRICT, None, date(2022, 2, 21), True),
        (STANDARD, None, date(2022, 2, 21), False),
        (STRICT, None, None, False),  # never reviewed: nothing expired
        (STRICT, SignOff(date(2026, 6, 1), "v1:signed"), None, False),
        (STRICT, SignOff(date(2026, 6, 1), "v1:other"), None, False),
        (STRICT, SignOff(date(2026, 6, 1), "v1:signed", withdrawn=True), None, True),
    ],
)
def test_buying_links_are_withheld_only_where_the_tier_says_so_and_the_review_is_gone(
    rule, sign_off, imported_on, withheld
):
    assert stand(date(2026, 7, 1), sign_off, rule=rule, imported_on=imported_on).withhold_offers is withheld


# --- the fingerprint ------------------------------------------------------------------------------

plain = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
contents = st.dictionaries(
    st.sampled_from(["title", "standfirst", "body"]),
    st.recursive(
        plain | st.none() | st.booleans() | st.integers(0, 9),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
        ),
        max_leaves=8,
    ),
)


@given(contents)
def test_the_fingerprint_says_its_version_and_does_not_change_by_itself(content):
    found = fingerprint(content)
    assert found.startswith("v1:")
    assert len(found) == 3 + 64
    assert found == fingerprint(dict(reversed(content.items())))


@pytest.mark.parametrize(
    "text",
    ["Rest  the leg.", " Rest the leg. ", "Rest\tthe\nleg.", "Rest\u00a0the leg.", "Rest\r\nthe\u2003leg."],
)
def test_white_space_that_no_reader_tells_apart_changes_nothing(text):
    assert fingerprint({"body": text}) == fingerprint({"body": "Rest the leg."})


@given(plain)
def test_composed_and_decomposed_letters_are_the_same(text):
    composed, decomposed = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert fingerprint({"body": composed}) == fingerprint({"body": decomposed})


@pytest.mark.parametrize(
    "text",
    [
        "Rest the legs.", "rest the leg.", "The leg rest.", "Rest the leg", "Restthe leg.", "Rest the l\u00e9g.",
        "Do not rest the leg.", "Rest the leg. Rest the leg.", "",
    ],
)  # fmt: skip
def test_any_change_of_words_order_case_or_marks_is_seen(text):
    assert fingerprint({"body": text}) != fingerprint({"body": "Rest the leg."})


@given(st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True), min_size=2, unique=True), st.data())
def test_any_other_order_of_parts_is_seen(parts, data):
    other = data.draw(st.permutations(parts))
    assume(other != parts)
    assert fingerprint({"body": parts}) != fingerprint({"body": other})


@pytest.mark.parametrize(
    "other", [[["a", "b"]], ["ab"], ["a b"], {"a": "b"}, "a b", ["a", "b", ""], ["a", "b", None]]
)
def test_the_same_words_in_other_parts_are_another_content(other):
    assert fingerprint({"body": other}) != fingerprint({"body": ["a", "b"]})


# --- stages ---------------------------------------------------------------------------------------


def stages(**values) -> dict[Stage, date]:
    return stage_days(
        **{
            "due_on": date(2026, 2, 21),
            "due_soon_on": date(2025, 12, 23),
            "expires_on": date(2026, 5, 22),
            **values,
        }
    )


def test_a_cycle_has_four_stages_in_order():
    assert list(stages().items()) == [
        (Stage.DUE_SOON, date(2025, 12, 23)),
        (Stage.DUE, date(2026, 2, 21)),
        (Stage.LATE, date(2026, 3, 7)),
        (Stage.EXPIRED, date(2026, 5, 23)),
    ]


@pytest.mark.parametrize(
    ("today", "stage", "next_on"),
    [
        (date(2025, 12, 22), None, date(2025, 12, 23)),
        (date(2025, 12, 23), Stage.DUE_SOON, date(2026, 2, 21)),
        (date(2026, 2, 20), Stage.DUE_SOON, date(2026, 2, 21)),
        (date(2026, 2, 21), Stage.DUE, date(2026, 3, 7)),
        (date(2026, 3, 7), Stage.LATE, date(2026, 5, 23)),
        (date(2026, 5, 23), Stage.EXPIRED, None),
        (date(2030, 1, 1), Stage.EXPIRED, None),
    ],
)
def test_the_stage_reached_and_the_day_to_look_again(today, stage, next_on):
    assert (reached(stages(), today), next_stage_day(stages(), today)) == (stage, next_on)


def test_what_was_never_reviewed_is_due_on_its_first_day_and_never_expires():
    first = stages(due_soon_on=date(2026, 2, 21), expires_on=None)
    assert Stage.EXPIRED not in first
    assert reached(first, date(2026, 2, 21)) is Stage.DUE
    assert reached(first, date(2040, 1, 1)) is Stage.LATE


@given(days, days, st.integers(0, 400), st.one_of(st.none(), st.integers(0, 400)))
def test_looking_again_on_the_next_stage_day_finds_a_stage_that_was_not_reached_before(
    today, due_on, soon, grace
):
    cycle = stage_days(due_on, due_on - soon * DAY, None if grace is None else due_on + grace * DAY)
    assert cycle[Stage.LATE] == due_on + LATE_AFTER_DAYS * DAY
    following = next_stage_day(cycle, today)
    if following is None:
        assert all(first <= today for first in cycle.values())
    else:
        assert following > today
        assert reached(cycle, following - DAY) == reached(cycle, today) != reached(cycle, following)


@pytest.mark.parametrize("vocabulary", [SignOffOutcome, ReviewState, Stage])
def test_every_word_has_a_label_for_people(vocabulary):
    labels = [member.label for member in vocabulary]
    assert len(set(labels)) == len(labels)
    assert all(label[0].isupper() and "_" not in label for label in labels)
