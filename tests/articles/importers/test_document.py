"""A document gives its words back in reading order, and refusals speak to people."""

import dataclasses
import pickle

import pytest

from articles.importers.document import (
    Advert,
    BulletList,
    DiagnosticTest,
    Document,
    Heading,
    ListItem,
    Paragraph,
    Picture,
    ProductBox,
    Promotion,
    SeeAlso,
    ShopMention,
    SourceRefused,
)

DOCUMENT = Document(
    title="Runner's knee",
    standfirst="Runner's knee hurts on stairs.",
    related=("Kneecap pain",),
    review=None,
    blocks=(
        Advert(),
        Heading(2, "Symptoms"),
        Picture("kneecap from above"),
        BulletList("You may notice:", (ListItem("Aching:", ("on stairs", "on hills")), ListItem("Clicking"))),
        DiagnosticTest(
            "Grind test", "The grind test is used to load the joint.", "Pain counts.", how="Lie flat."
        ),
        Paragraph("Rest helps."),
        SeeAlso("Read more on taping.", "taping"),
        ProductBox(
            "Knee strap",
            "Buy Knee Strap",
            (ShopMention("Kniehaus", "Germany"), ShopMention("strap.example", "")),
        ),
        Promotion("Download app"),
    ),
    notes=(),
)


def test_plain_text_has_every_word_once_in_reading_order_and_no_advert() -> None:
    assert DOCUMENT.plain_text().split("\n") == [
        "Runner's knee",
        "Kneecap pain",
        "Runner's knee hurts on stairs.",
        "Symptoms",
        "kneecap from above",
        "You may notice:",
        "Aching:",
        "on stairs",
        "on hills",
        "Clicking",
        "The grind test is used to load the joint.",
        "Lie flat.",
        "Pain counts.",
        "Rest helps.",
        "Read more on taping.",
        "Knee strap",
        "Buy Knee Strap",
        "Kniehaus (Germany)",
        "strap.example",
        "Download app",
    ]


def test_plain_text_leaves_no_blank_line_for_what_the_article_lacks() -> None:
    bare = dataclasses.replace(
        DOCUMENT, related=(), standfirst="", blocks=(BulletList("", (ListItem("Rest"),)),)
    )
    assert bare.plain_text() == "Runner's knee\nRest"


def test_a_document_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        DOCUMENT.title = "Jumper's knee"  # type: ignore[misc]  # the point of the test


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (SourceRefused("The source is empty."), "The source is empty."),
        (SourceRefused("No such day.", 9), "Line 9: No such day."),
    ],
)
def test_a_refusal_says_where_it_stopped_and_survives_a_process_boundary(
    refusal: SourceRefused, words: str
) -> None:
    assert str(refusal) == words
    copied = pickle.loads(pickle.dumps(refusal))
    assert (copied.message, copied.line) == (refusal.message, refusal.line)
