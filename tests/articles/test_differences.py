"""What a reviewer is shown of an edit. Pure: no database."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.differences import Change, differences
from articles.governance import fingerprint


def content(*blocks, title="Thigh pain", standfirst="", description=""):
    return {
        "title": title,
        "standfirst": standfirst,
        "search_description": description,
        "body": [{"type": kind, "value": value} for kind, value in blocks],
    }


def paragraph(text):
    return ("paragraph", text)


def shown(before, after):
    """The changes as one would draw them: [-gone-] and {+new+}."""
    marks = {Change.REMOVED: "[-{}-]", Change.ADDED: "{{+{}+}}", Change.SAME: "{}"}
    return [
        f"{one.name}: " + " ".join(marks[piece.change].format(piece.text) for piece in one.pieces)
        for one in differences(before, after)
        if one.is_change
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("<p>Rest for two days.</p>", "<p>Rest for ten days.</p>", "Rest for [-two-] {+ten+} days."),
        ("<p>You should take it.</p>", "<p>You should <b>not</b> take it.</p>", "You should {+⟨bold⟩ not ⟨end of bold⟩+} take it."),
        ("<p>Rest now.</p>", "<p><i>Rest</i> now.</p>", "{+⟨italic⟩+} Rest {+⟨end of italic⟩+} now."),
        (
            '<p>See <a href="https://a.example/">this</a> page.</p>',
            '<p>See <a href="https://b.example/">this</a> page.</p>',
            "See [-⟨link to https://a.example/⟩-] {+⟨link to https://b.example/⟩+} this ⟨end of link⟩ page.",
        ),
        (
            '<p>See <a linktype="page" id="3">it</a>.</p>',
            '<p>See <a linktype="page" id="4">it</a>.</p>',
            "See [-⟨link to page 3⟩-] {+⟨link to page 4⟩+} it ⟨end of link⟩ .",
        ),
        ("<p>One. Two.</p>", "<p>One.</p><p>Two.</p>", "One. {+¶+} Two."),
        ("<p>2 &lt; 3 tablets</p>", "<p>2 &gt; 3 tablets</p>", "2 [-<-] {+>+} 3 tablets"),
    ],
)  # fmt: skip
def test_an_edit_of_running_text_is_shown_word_by_word(before, after, expected):
    assert shown(content(paragraph(before)), content(paragraph(after))) == [f"Paragraph: {expected}"]


def test_title_standfirst_and_description_have_their_own_names():
    before = content(title="Thigh pain", standfirst="Old.", description="")
    after = content(title="Leg pain", standfirst="New.", description="For search.")
    assert shown(before, after) == [
        "Title: [-Thigh-] {+Leg+} pain",
        "Standfirst: [-Old.-] {+New.+}",
        "Search description: {+For search.+}",
    ]


def test_added_removed_and_kept_blocks_are_told_apart():
    before = content(paragraph("<p>One stays.</p>"), paragraph("<p>Two goes away.</p>"))
    after = content(paragraph("<p>A wholly different sentence.</p>"), paragraph("<p>One stays.</p>"))
    found = differences(before, after)
    assert [(one.change, one.pieces[0].text) for one in found] == [
        (Change.SAME, "Thigh pain"),
        (Change.ADDED, "A wholly different sentence."),
        (Change.SAME, "One stays."),
        (Change.REMOVED, "Two goes away."),
    ]


def test_the_fields_of_a_block_are_named():
    before = content(("diagnostic_test", {"name": "Slump test", "how": "", "positive_result": "Pain."}))
    after = content(("diagnostic_test", {"name": "Slump test", "how": "", "positive_result": "Numbness."}))
    assert shown(before, after) == [
        "Diagnostic test: Name: Slump test Positive result: [-Pain.-] {+Numbness.+}"
    ]


def test_the_order_of_fields_is_that_of_the_newer_content_and_no_difference():
    """PostgreSQL sorts the fields of a stored snapshot by their length."""
    stored = content(("heading", {"text": "What is it?", "level": "2"}))
    fresh = content(("heading", {"level": "2", "text": "What helps?"}))
    assert shown(stored, content(("heading", {"level": "2", "text": "What is it?"}))) == []
    assert shown(stored, fresh) == ["Heading: Level: 2 Text: What [-is it?-] {+helps?+}"]


def test_another_file_behind_a_picture_is_a_change():
    picture = {"picture": {"file": "aa"}, "alt_text": "A muscle", "caption": "The muscle"}
    changed = {**picture, "picture": {"file": "bb"}}
    assert shown(content(("picture", picture)), content(("picture", changed))) == [
        "Picture: Picture: File: [-aa-] {+bb+} Alt text: A muscle Caption: The muscle"
    ]


def test_a_point_moved_below_another_is_a_change():
    flat = {"items": [{"text": "<p>Pain</p>", "children": []}, {"text": "<p>At night</p>", "children": []}]}
    nested = {"items": [{"text": "<p>Pain</p>", "children": ["At night"]}]}
    assert shown(content(("points", flat)), content(("points", nested)))


def test_what_the_words_hide_is_shown_as_stored():
    before, after = content(paragraph("<p>fore<b>arm</b></p>")), content(paragraph("<p>fore <b>arm</b></p>"))
    (line,) = shown(before, after)
    assert "[-" in line
    assert "{+" in line


def test_white_space_that_no_reader_sees_is_no_difference():
    assert shown(content(paragraph("<p>Rest  now.</p>")), content(paragraph("<p>Rest now.</p>"))) == []


texts = st.text(alphabet=string.ascii_lowercase[:4] + " <>/&;é", max_size=30)
values = st.recursive(
    texts | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
contents = st.builds(
    lambda title, blocks: content(*blocks, title=title),
    texts,
    st.lists(st.tuples(st.sampled_from(["paragraph", "picture"]), values), max_size=5),
)


@given(contents, contents)
def test_a_difference_is_shown_exactly_where_the_fingerprints_differ(before, after):
    changes = [one for one in differences(before, after) if one.is_change]
    assert bool(changes) == (fingerprint(before) != fingerprint(after))
    for one in changes:
        assert any(piece.change is not Change.SAME for piece in one.pieces)


@given(contents, contents)
def test_both_sides_can_be_read_off_the_differences(before, after):
    """Nothing is left out: the passages of each content stand in the list in their order."""
    found = differences(before, after)
    assert len([one for one in found if one.change is not Change.ADDED]) == len(differences(before, before))
    assert len([one for one in found if one.change is not Change.REMOVED]) == len(differences(after, after))
