import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.charts import CELL, FILLINGS, HEIGHT, WIDTH, Shape, few, stacked_bars, strip

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


# --- lines over bars --------------------------------------------------------------------------------


@given(tables, st.data())
def test_every_line_stands_inside_the_drawing_over_its_own_bar(rows, data):
    limits = data.draw(st.lists(st.none() | numbers, min_size=len(rows), max_size=len(rows)))
    chart = stacked_bars("Work", NAMES, rows, limit_name="Capacity", limits=limits)
    assert [row.limit for row in chart.rows] == limits
    assert len(chart.limits) == sum(limit is not None for limit in limits)
    for line in chart.limits:
        assert 0 < line.x1 < line.x2 <= WIDTH
        assert -0.1 <= line.y <= chart.base
    for before, after in pairwise(chart.limits):
        assert before.x2 <= after.x1


def test_a_line_is_as_high_as_a_bar_of_the_same_number():
    chart = stacked_bars(
        "Work",
        ["Ann"],
        [("Mar", (60,)), ("Apr", (0,))],
        axis="Month",
        limit_name="Capacity",
        limits=(None, 60),
    )
    (line,) = chart.limits
    assert (line.y, line.words) == (chart.parts[0].y, "Apr: Capacity 60")


def test_the_summary_names_what_goes_beyond_its_line():
    rows = [("Mar", (60,)), ("Apr", (61,)), ("May", (99,))]
    chart = stacked_bars("Work", ["Ann"], rows, limit_name="Capacity", limits=(60, 60, None))
    assert chart.summary.endswith("Highest: May. Beyond the capacity: Apr.")


@pytest.mark.parametrize("limits", [(1,), (1, 2, 3), (1, -1)])
def test_lines_that_cannot_be_drawn_are_refused(limits):
    with pytest.raises(ValueError, match="one limit"):
        stacked_bars("Work", ["Ann"], [("Mar", (1,)), ("Apr", (1,))], limits=limits)


def test_two_charts_can_share_a_scale():
    before = stacked_bars("Before", ["Ann"], [("Mar", (300,))])
    after = stacked_bars("After", ["Ann"], [("Mar", (150,))], least_top=300)
    assert after.scale == before.scale
    assert before.parts[0].height == pytest.approx(2 * after.parts[0].height, abs=0.02)


# --- more parts than can be told apart ---------------------------------------------------------------


@given(
    st.integers(1, 12).flatmap(
        lambda count: st.lists(
            st.tuples(st.just("Mar"), st.tuples(*[numbers] * count)), min_size=1, max_size=4
        )
    )
)
def test_gathering_parts_loses_nothing(rows):
    count = len(rows[0][1])
    names, drawn = few([str(part) for part in range(count)], rows)
    assert len(names) == min(count, FILLINGS)
    assert [sum(values) for _label, values in drawn] == [sum(values) for _label, values in rows]
    assert all(len(values) == len(names) for _label, values in drawn)


def test_the_smallest_parts_are_gathered_and_the_others_keep_their_order():
    assert few(["Ann", "Ben", "Cem", "Dee"], [("Mar", (1, 9, 2, 8))], most=3) == (
        ["Ben", "Dee", "2 others"],
        [("Mar", [9, 8, 3])],
    )


# --- strips ---------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from(Shape), max_size=90))
def test_a_strip_holds_a_mark_for_each_cell_inside_its_own_room(shapes):
    drawn = strip("words", [(shape, shape.value, "said") for shape in shapes])
    assert drawn.width == len(shapes) * CELL
    begins = sorted(float(x) for marks in drawn.marks for x in re.findall(r"M(\d+) ", marks.path))
    assert begins == [place * CELL + 1 for place in range(len(shapes))]
    assert [cell.at for cell in drawn.cells] == [place * CELL for place in range(len(shapes))]


def test_cells_alike_share_one_path_and_those_that_differ_have_one_each():
    drawn = strip("", [(Shape.BAR, "good", ""), (Shape.CROSS, "bad", ""), (Shape.BAR, "good", "")])
    assert [(marks.shape, marks.path.count("M")) for marks in drawn.marks] == [
        (Shape.BAR, 2),
        (Shape.CROSS, 1),
    ]


def test_no_two_shapes_look_alike():
    outlines = {strip("", [(shape, "", "")]).marks[0].path for shape in Shape}
    assert len(outlines) == len(Shape)
