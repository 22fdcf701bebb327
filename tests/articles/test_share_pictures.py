"""The pictures of pages that are shared: drawn at publication, named after what they show, tidied up."""

from __future__ import annotations

import datetime
from io import BytesIO
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from articles import share_pictures
from articles.models import SharePicture
from articles.share_drawing import SIZE, draw
from articles.share_pictures import CHOSEN_SPEC, KEPT, prepare, tidy
from products.models import Rendition
from tests.factories import (
    BodyAreaPageFactory,
    ConditionPageFactory,
    PictureFactory,
    home_page,
    live,
    sign_off,
)

NOW = timezone.now()


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def drawn(page) -> str:
    return SharePicture.objects.get(page=page.pk).file.name


def said(client, page) -> dict[str, str]:
    html = BeautifulSoup(client.get(page.url).content, "html.parser")
    tags = html.find_all("meta", property=lambda name: bool(name) and name.startswith("og:image"))
    card = html.find("meta", attrs={"name": "twitter:card"})
    return {**{tag["property"]: tag["content"] for tag in tags}, "card": card["content"]}


# --- the drawing ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "title",
    [
        "Sciatica",
        "",
        " ",
        "x" * 255,
        "word " * 60,
        "Runner’s knee – “ITB”",
        "膝の痛み",
        "\u202eknee",
        "Ängste, žluťoučký, Ελληνικά",
        "a\nb\0c",
    ],
)
def test_any_title_makes_a_picture_of_the_right_size(title):
    picture = Image.open(BytesIO(draw(title=title, above=title, below=title)))
    assert (picture.format, picture.size) == ("PNG", SIZE)


def test_other_words_make_another_picture_and_the_same_words_the_same():
    one = draw(title="Sciatica", above="Lower back", below="Referred")
    assert one == draw(title="Sciatica", above="Lower back", below="Referred")
    others = [
        ("Gout", "Lower back", "Referred"),
        ("Sciatica", "Knee", "Referred"),
        ("Sciatica", "Lower back", "Other"),
    ]
    assert all(one != draw(title=title, above=above, below=below) for title, above, below in others)
    assert len(one) < 60_000


# --- publication ----------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("factory", [home_page, BodyAreaPageFactory, ConditionPageFactory])
def test_every_type_of_page_names_a_picture_by_its_whole_address(client, factory):
    page = factory()
    page.save_revision().publish()
    tags = said(client, page)
    assert tags == {
        "og:image": f"http://localhost/media/{drawn(page)}",
        "og:image:type": "image/png",
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": page.title,
        "card": "summary_large_image",
    }
    assert default_storage.exists(urlsplit(tags["og:image"]).path.removeprefix("/media/"))


@pytest.mark.django_db
def test_another_title_gets_another_file_and_another_publication_none():
    page = ConditionPageFactory(title="Strain")
    first = drawn(page)
    live(page).save_revision().publish()
    assert drawn(page) == first
    draft = live(page)
    draft.title = "Sprain"
    draft.save_revision()
    assert drawn(page) == first, "a draft shows nowhere"
    draft.save_revision().publish()
    assert drawn(page) != first
    assert default_storage.exists(first), "copies of the page may still ask for it"


@pytest.mark.django_db
def test_a_picture_says_nothing_of_a_review():
    page = ConditionPageFactory(title="Strain")
    before = drawn(page)
    sign_off(page)
    assert drawn(page) == before


@pytest.mark.django_db
def test_an_editors_own_picture_is_made_ready_at_publication_and_not_for_a_reader(client):
    page = ConditionPageFactory()
    tidy(now=NOW)
    draft = live(page)
    draft.share_picture = PictureFactory()
    draft.save_revision().publish()
    tags = said(client, page)
    ready = Rendition.objects.get(filter_spec=CHOSEN_SPEC)
    assert tags["og:image"] == f"http://localhost{ready.url}"
    assert (tags["og:image:type"], tags["og:image:width"], tags["og:image:height"]) == (
        "image/jpeg",
        "1200",
        "630",
    )
    ready.delete()  # as an edit of the picture does
    assert said(client, page)["og:image"].endswith(drawn(page))
    assert not Rendition.objects.filter(filter_spec=CHOSEN_SPEC).exists()
    assert tidy(now=NOW) == (1, 0)
    assert said(client, page)["og:image:type"] == "image/jpeg"


@pytest.mark.django_db
def test_a_page_without_a_picture_is_shared_without_one(client):
    page = ConditionPageFactory()
    SharePicture.objects.all().delete()
    assert said(client, page) == {"card": "summary"}
    assert not SharePicture.objects.exists(), "a reader's request makes none"


@pytest.mark.django_db
def test_a_full_disk_keeps_nobody_from_publishing(monkeypatch):
    page = ConditionPageFactory(title="Strain")
    tidy(now=NOW)
    before = drawn(page)
    draft = live(page)
    draft.title = "Sprain"
    with monkeypatch.context() as patch:
        patch.setattr(share_pictures, "draw", _no_space)
        draft.save_revision().publish()
    assert live(page).title == "Sprain"
    assert drawn(page) == before
    assert tidy(now=NOW)[0] == 1
    assert drawn(page) != before


def _no_space(**_words: str) -> bytes:
    raise OSError(28, "No space left on device")


# --- keeping house --------------------------------------------------------------------------------


@pytest.mark.django_db
def test_tidying_draws_what_is_missing_or_out_of_date_once():
    area = BodyAreaPageFactory(title="Thigh")
    pages = [ConditionPageFactory(title=title, parent=area) for title in ("Strain", "Cramp")]
    tidy(now=NOW)
    before = [drawn(page) for page in pages]
    default_storage.delete(before[1])
    renamed = live(area)
    renamed.title = "Upper leg"
    renamed.save_revision().publish()
    assert tidy(now=NOW) == (2, 0)
    assert tidy(now=NOW) == (0, 0)
    assert all(
        now != then and default_storage.exists(now)
        for now, then in zip([drawn(page) for page in pages], before, strict=True)
    )


@pytest.mark.django_db
def test_tidying_deletes_files_that_no_live_page_names_after_a_week():
    page, twin = (
        ConditionPageFactory(title="Strain", parent=BodyAreaPageFactory(title="Thigh", slug=slug))
        for slug in ("a", "b")
    )
    file = drawn(page)
    assert drawn(twin) == file
    gone = ConditionPageFactory(title="Gone")
    of_gone = drawn(gone)
    gone.unpublish()
    page.unpublish()
    assert tidy(now=NOW + datetime.timedelta(hours=1))[1] == 0
    assert tidy(now=timezone.now() + KEPT)[1] == 1
    assert not default_storage.exists(of_gone)
    assert default_storage.exists(file)
    assert not SharePicture.objects.filter(page=gone.pk).exists()


@pytest.mark.django_db
def test_tidying_an_empty_site_is_no_error():
    SharePicture.objects.all().delete()
    type(home_page()).objects.update(live=False)
    assert tidy(now=NOW) == (0, 0)


@pytest.mark.django_db
def test_a_picture_costs_a_reader_one_query():
    page = ConditionPageFactory()
    page = live(page)
    assert page.full_url
    with CaptureQueriesContext(connection) as seen:
        assert page.share_image
        assert page.share_image
    assert len(seen) == 1


@pytest.mark.django_db
def test_preparing_twice_draws_once():
    page = ConditionPageFactory()
    assert prepare(live(page)) is False
