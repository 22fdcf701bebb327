import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.charts import HEIGHT, WIDTH, stacked_bars

NAMES = ["People", "Others"]
numbers = st.integers(min_value=0, max_value=10**9)
tables = st.lists(st.tuples(st.text(max_size=8), st.tuples(numbers, numbers)), max_size=120)


@given(tables)
def test_every_bar_stands_inside_the_drawing_and_on_the_one_below(rows):
    chart = stacked_bars("Clicks", NAMES, rows)
    for part in chart.parts:
        assert part.height >= 0
        assert 0 <= part.x <= part.x + part.width <= WIDTH + 0.1
        assert -0.1 <= part.y <= part.y + part.height <= chart.base + 0.1 < HEIGHT


@given(tables)
def test_heights_say_the_numbers(rows):
    chart = stacked_bars("Clicks", NAMES, rows)
    highest = max((value for _label, values in rows for value in values), default=0)
    if highest:
        tallest = max(chart.parts, key=lambda part: part.height)
        assert f" {highest:,}" in tallest.words or tallest.height == max(p.height for p in chart.parts)
    assert chart.totals == tuple(sum(values[number] for _label, values in rows) for number in (0, 1))


@given(tables)
def test_the_scale_holds_the_highest_bar_and_its_labels_have_room(rows):
    chart = stacked_bars("Clicks", NAMES, rows)
    assert int(chart.scale[-1].words.replace(",", "")) >= max((sum(values) for _l, values in rows), default=0)
    assert len(chart.labels) <= 10


def test_the_table_says_what_the_bars_say():
    chart = stacked_bars("Clicks", NAMES, [("1 May", (3, 1)), ("2 May", (0, 0)), ("3 May", (5, 0))])
    assert [(row.label, row.values) for row in chart.rows] == [
        ("1 May", (3, 1)),
        ("2 May", (0, 0)),
        ("3 May", (5, 0)),
    ]
    assert [part.words for part in chart.parts] == ["1 May: People 3", "1 May: Others 1", "3 May: People 5"]
    assert chart.summary == "1 May to 3 May. In all: People 8, Others 1. Highest: 3 May."


def test_a_bar_is_as_high_as_its_share_of_the_scale():
    chart = stacked_bars("Clicks", ["People"], [("a", (10,)), ("b", (5,))])
    whole, half = chart.parts
    assert whole.height == pytest.approx(2 * half.height, abs=0.02)
    assert whole.y < half.y


@pytest.mark.parametrize("values", [(1,), (1, 2, 3), (1, -1)])
def test_numbers_that_cannot_be_drawn_are_refused(values):
    with pytest.raises(ValueError, match="one value"):
        stacked_bars("Clicks", NAMES, [("a", values)])


def test_nothing_is_drawn_of_nothing():
    chart = stacked_bars("Clicks", NAMES, [])
    assert (chart.parts, chart.rows, chart.summary) == ((), (), "Nothing to show.")
