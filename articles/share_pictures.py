"""The picture of a page where its address is shared: drawn when the page is published, never for a reader's request.

An editor may choose another picture (`SitePage.share_picture`). Files are named after what is drawn, so that they may
be cached for ever. `tidy` mends what a publication could not know of, and deletes what nobody links to any more.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from wagtail.models import Page

from articles.models import BodyAreaPage, ConditionPage, HomePage, SharePicture, SitePage
from articles.models.share_pictures import SHARE_FOLDER
from articles.share_drawing import DRAWING, SIZE, draw
from products.freshness import bump
from products.models import Rendition

logger = logging.getLogger(__name__)

CHOSEN_SPEC = f"fill-{SIZE[0]}x{SIZE[1]}|format-jpeg"
KEPT = datetime.timedelta(days=7)
"""How long a file stays that no page names any more: other sites' copies of a page may still ask for it."""


@dataclass(frozen=True, slots=True)
class ShareImage:
    """What a page says of its picture: an absolute address, in pixels."""

    url: str
    width: int
    height: int
    mime_type: str
    alt: str


@dataclass(frozen=True, slots=True)
class Face:
    """What is drawn."""

    title: str
    above: str
    below: str

    @property
    def file_name(self) -> str:
        drawn = json.dumps([DRAWING, self.title, self.above, self.below])
        return f"{SHARE_FOLDER}/{hashlib.sha256(drawn.encode()).hexdigest()[:32]}.png"


# --- for readers ----------------------------------------------------------------------------------


def share_image(page: SitePage) -> ShareImage | None:
    """The picture to name in the page's head: the editor's if it is ready, else the drawn one, else none."""
    if page.share_picture_id is not None:
        ready = Rendition.objects.filter(image=page.share_picture_id, filter_spec=CHOSEN_SPEC).first()
        if ready is not None:
            return ShareImage(_absolute(page, ready.url), ready.width, ready.height, "image/jpeg", page.title)
    drawn: SharePicture | None = getattr(page, "drawn_share_picture", None)
    return ShareImage(_absolute(page, drawn.file.url), *SIZE, "image/png", page.title) if drawn else None


def _absolute(page: SitePage, url: str) -> str:
    return urljoin(page.full_url or settings.SITE_URL, url)


# --- drawing --------------------------------------------------------------------------------------


def face_of(page: SitePage) -> Face:
    """What to draw for a page: its title under its body area, over the site's name."""
    above = ""
    if isinstance(page, ConditionPage):
        parent = page.get_parent()
        above = parent.title if parent else ""
    elif isinstance(page, BodyAreaPage):
        above = "Body area"
    name = str(settings.WAGTAIL_SITE_NAME)
    return Face(page.title, above, "" if isinstance(page, HomePage) and page.title == name else name)


def prepare(page: SitePage) -> bool:
    """Have the pictures of a live page ready. True if something had to be made.

    A disk that is full, or a picture that cannot be read, keeps nobody from publishing: it is logged, and `tidy`
    tries again.
    """
    try:
        drawn = _keep_drawn(page)
        return _keep_chosen(page) or drawn
    except OSError as error:
        logger.warning("No share picture for page %s: %s", page.pk, error)
        return False


def _keep_drawn(page: SitePage) -> bool:
    face = face_of(page)
    known = SharePicture.objects.filter(page=page.pk).first()
    storage = SharePicture._meta.get_field("file").storage
    if known is not None and known.file.name == face.file_name and storage.exists(face.file_name):
        return False
    name = face.file_name
    if not storage.exists(name):
        picture = draw(title=face.title, above=face.above, below=face.below)
        name = storage.save(name, ContentFile(picture))
    SharePicture.objects.bulk_create(
        [SharePicture(page_id=page.pk, file=name)],
        update_conflicts=True,
        unique_fields=["page"],
        update_fields=["file"],
    )
    bump()
    return True


def _keep_chosen(page: SitePage) -> bool:
    """Make the rendition of the picture that the editor chose: a reader's request never does."""
    picture = page.share_picture
    if picture is None or picture.renditions.filter(filter_spec=CHOSEN_SPEC).exists():
        return False
    picture.get_rendition(CHOSEN_SPEC)
    bump()
    return True


# --- keeping house --------------------------------------------------------------------------------


def tidy(*, now: datetime.datetime) -> tuple[int, int]:
    """Make what is missing or out of date (a body area was renamed, a page moved, a disk was full), and delete files
    that no live page names since `KEPT`. Returns how many pages were mended and how many files deleted."""
    SharePicture.objects.filter(page__live=False).delete()
    mended = 0
    for page in _live_pages():
        with transaction.atomic():
            mended += prepare(page)
    return mended, _delete_old_files(now)


def _live_pages() -> Iterator[SitePage]:
    pages = Page.objects.live().type(SitePage).defer_streamfields().specific()
    return pages.iterator(chunk_size=200)


def _delete_old_files(now: datetime.datetime) -> int:
    storage = SharePicture._meta.get_field("file").storage
    try:
        _folders, names = storage.listdir(SHARE_FOLDER)
    except FileNotFoundError:
        return 0
    named = set(SharePicture.objects.values_list("file", flat=True))
    deleted = 0
    for name in (f"{SHARE_FOLDER}/{file}" for file in names):
        if name not in named and storage.get_modified_time(name) < now - KEPT:
            storage.delete(name)
            deleted += 1
    return deleted
