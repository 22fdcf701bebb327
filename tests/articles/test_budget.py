"""What an uncached page may cost: a bounded number of queries, and no picture made for a reader."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.images.models import Filter

from articles.models import ConditionPage, PublisherSettings, RelatedArticle
from products import freshness, renditions
from products.models import Picture, Rendition
from tests.factories import (
    AuthorFactory,
    BodyAreaPageFactory,
    ConditionPageFactory,
    InformationPageFactory,
    OfferFactory,
    PictureFactory,
    ProductFactory,
    block,
    heading,
    home_page,
    paragraph,
    product_box,
    sign_off,
)

BUDGET = 15
TEMPLATES = Path(settings.SITE) / "templates"


def article(parts: int) -> ConditionPage:
    """A reviewed article with so many of everything that it may hold."""
    area = BodyAreaPageFactory()
    others = [ConditionPageFactory(parent=area) for _ in range(parts)]
    blocks = []
    for number, other in enumerate(others):
        product = ProductFactory(picture=PictureFactory(), picture_alt="A support")
        OfferFactory(product=product)
        link = f'See <a linktype="page" id="{other.pk}">that</a>.'
        blocks += [
            heading(f"Part {number}"),
            paragraph(link),
            block("points", {"items": [{"text": f"<p>{link}</p>", "children": []}]}),
            block("picture", {"picture": PictureFactory().pk, "alt_text": "A thigh"}),
            block("see_also", {"topic": other.title.lower(), "page": None}),
            product_box(product),
        ]
    page = ConditionPageFactory(parent=area, blocks=blocks, authors=AuthorFactory.create_batch(parts))
    for other in others:
        RelatedArticle.objects.create(page=page, article=other)
    sign_off(page)
    return page


def queries(client, page) -> list[str]:
    for _ in range(2):
        assert client.get(page.url).status_code == 200
    with CaptureQueriesContext(connection) as seen:
        client.get(page.url)
    return [query["sql"] for query in seen]


@pytest.fixture
def between_comparisons(monkeypatch) -> None:
    """Each process asks PostgreSQL for the generation every two seconds: not while we count."""
    monkeypatch.setattr(freshness, "COMPARE_EVERY", 1000.0)
    monkeypatch.setattr(freshness.reader, "_compare_at", 0.0)


@pytest.mark.usefixtures("between_comparisons")
@pytest.mark.django_db(transaction=True)
def test_a_warm_article_stays_within_the_budget_however_long_it_is(client):
    InformationPageFactory(title="How we review", slug="how-we-review")
    PublisherSettings.for_site(home_page().get_site())
    short, long = queries(client, article(1)), queries(client, article(5))
    assert len(long) == len(short)
    assert len(long) <= BUDGET, "\n".join(sql[:600] for sql in long)


@pytest.mark.usefixtures("between_comparisons")
@pytest.mark.django_db(transaction=True)
def test_lists_of_articles_stay_within_the_budget_however_long_they_are(client):
    area = BodyAreaPageFactory()
    counts = []
    for more in (1, 6):
        for _ in range(more):
            ConditionPageFactory(parent=area, standfirst="Short.")
            BodyAreaPageFactory()
        counts.append((len(queries(client, home_page())), len(queries(client, area))))
    assert counts[0] == counts[1]
    assert max(counts[0]) <= BUDGET


@pytest.mark.django_db(transaction=True)
def test_no_reader_waits_for_a_picture_to_be_made(client, monkeypatch):
    page = article(2)

    def refuse(*_arguments: object) -> None:
        raise AssertionError("A picture was made while a reader waited.")

    monkeypatch.setattr(Picture, "generate_rendition_file", refuse)
    html = client.get(page.url).content.decode()
    assert html.count("<picture>") == 4


@pytest.mark.django_db(transaction=True)
def test_a_replaced_picture_gets_its_sizes_again():
    page = article(1)
    picture = Picture.objects.get(pk=page.body.raw_data[3]["value"]["picture"])
    Rendition.objects.filter(image=picture).delete()
    picture.save()
    assert set(renditions.BODY) <= set(picture.renditions.values_list("filter_spec", flat=True))


def test_the_sizes_that_are_made_are_those_of_the_templates():
    asked = {
        name: {
            tuple(Filter.expand_spec(" ".join(re.findall(r"(?:format|width)-\{[^}]+\}", tag))))
            for tag in re.findall(r"{% picture (?:value|product)\.picture [^%]*%}", path.read_text())
        }
        for name in ("articles/blocks", "products/blocks")
        for path in sorted((TEMPLATES / name).glob("*.html"))
        if "{% picture" in path.read_text()
    }
    assert asked == {"articles/blocks": {renditions.BODY}, "products/blocks": {renditions.BOX}}
