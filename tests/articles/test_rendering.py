"""What of an article is kept in a process: never more than what the database says now."""

from __future__ import annotations

import pytest
from django.conf import settings
from wagtail import blocks

from articles import rendering
from articles.blocks import article_body, is_words_alone
from articles.clinical_content import clinical_fingerprint
from articles.models import ConditionPage, Reference
from products.models import Picture, Product
from tests.factories import (
    BodyAreaPageFactory,
    ConditionPageFactory,
    OfferFactory,
    PictureFactory,
    block,
    heading,
    live,
    paragraph,
    product_box,
    sign_off,
)

pytestmark = pytest.mark.django_db


def text_of(client, page: ConditionPage) -> str:
    response = client.get(page.url)
    assert response.status_code == 200
    return str(response.content.decode())


def test_what_is_kept_holds_no_key_of_another_row():
    """A chooser's row may change while its key stays: such a block is made anew each time."""

    def chooses(one: blocks.Block) -> bool:
        inner = [
            *getattr(one, "child_blocks", {}).values(),
            *filter(None, [getattr(one, "child_block", None)]),
        ]
        return isinstance(one, blocks.ChooserBlock) or any(map(chooses, inner))

    kept = {name for name, one in article_body().child_blocks.items() if is_words_alone(one)}
    assert kept == {"heading", "paragraph", "points"}
    assert not any(chooses(article_body().child_blocks[name]) for name in kept)


def test_words_are_made_into_html_once(client):
    page = ConditionPageFactory(blocks=[heading("Signs"), paragraph("Rest."), paragraph("Rest.")])
    rendering._words.cache_clear()
    first = text_of(client, page)
    assert rendering._words.cache_info().misses == 2
    assert text_of(client, page) == first
    assert rendering._words.cache_info().misses == 2
    assert first.count("<p>Rest.</p>") == 2


def edit_words(page, other, picture, offer):
    page = live(page)
    page.body = [("paragraph", "<p>Walk.</p>")]
    page.save_revision().publish()
    return "<p>Walk.</p>"


def move_target(page, other, picture, offer):
    live(other).move(BodyAreaPageFactory(slug="elsewhere"), pos="last-child")
    return f'<a href="/elsewhere/{other.slug}/">that</a>'


def rename_target(page, other, picture, offer):
    other = live(other)
    other.slug = "renamed"
    other.save()
    return f'<a href="{live(other).url}">that</a>'


def take_target_down(page, other, picture, offer):
    live(other).unpublish()
    return "See <a>that</a>"


def change_credit(page, other, picture, offer):
    picture.credit = "A. Painter"
    picture.save()
    return "A. Painter"


def break_offer(page, other, picture, offer):
    type(offer).objects.filter(pk=offer.pk).update(reachable="broken")
    return "We know of no UK seller"


def rename_product(page, other, picture, offer):
    Product.objects.filter(pk=offer.product_id).update(name="Another support")
    return "Another support"


def rename_reference(page, other, picture, offer):
    reference = Reference.objects.get()
    reference.title = "Newer guideline"
    reference.save()
    return "Newer guideline"


@pytest.mark.parametrize(
    "change",
    [
        edit_words,
        move_target,
        rename_target,
        take_target_down,
        change_credit,
        break_offer,
        rename_product,
        rename_reference,
    ],
)
def test_a_warm_process_shows_every_change_at_once(client, change):
    other, picture, offer = ConditionPageFactory(), PictureFactory(), OfferFactory()
    page = ConditionPageFactory(
        blocks=[
            heading("Signs"),
            paragraph(f'See <a linktype="page" id="{other.pk}">that</a>.'),
            block("picture", {"picture": picture.pk, "alt_text": "A thigh", "caption": "Here"}),
            product_box(offer.product),
            block(
                "references",
                [Reference.objects.create(title="Guideline", url="https://guidelines.example/").pk],
            ),
        ]
    )
    for _ in range(2):
        before = text_of(client, page)
    expected = change(page, other, picture, offer)
    assert expected not in before
    assert expected in text_of(client, page)


def test_a_replaced_file_is_shown_and_is_no_longer_what_was_reviewed(client):
    picture = PictureFactory()
    page = ConditionPageFactory(blocks=[block("picture", {"picture": picture.pk, "alt_text": "A thigh"})])
    sign_off(page)
    before = text_of(client, page)
    assert 'data-state="current"' in before
    picture.file = PictureFactory.build(file__filename="another.png", file__color="red").file
    picture.file_hash = ""
    picture.save()
    picture.renditions.all().delete()  # as Wagtail's form does
    after = text_of(client, page)
    assert 'data-state="changed"' in after
    assert "another" in after
    assert "another" not in before


def test_words_that_hold_a_row_of_the_database_are_not_kept(client):
    """Editors cannot embed anything; a text that was imported long ago may."""
    picture = PictureFactory()
    text = f'<embed embedtype="image" id="{picture.pk}" alt="A thigh" format="left"/>'
    page = ConditionPageFactory(blocks=[block("paragraph", text)])
    assert 'alt="A thigh"' in text_of(client, page)
    picture.delete()
    assert 'alt="A thigh"' not in text_of(client, page)


def test_the_fingerprint_sees_a_block_that_was_changed_in_memory():
    page = live(ConditionPageFactory(blocks=[paragraph("Rest.")]))
    before = clinical_fingerprint(page)
    page.body[0] = ("paragraph", "<p>Walk.</p>")
    assert clinical_fingerprint(page) != before


def test_alt_texts_are_escaped_where_pictures_are_kept(client):
    picture = Picture.objects.get(pk=PictureFactory().pk)
    page = ConditionPageFactory(
        blocks=[block("picture", {"picture": picture.pk, "alt_text": '"><script>', "caption": ""})]
    )
    for _ in range(2):
        html = text_of(client, page)
        assert 'alt="&quot;&gt;&lt;script&gt;"' in html
    assert settings.MEDIA_URL in html
