"""When a page last changed in a way that matters to a reader: the date for feeds, sitemaps and structured data.

For an article that is when its medical words changed. A mended link, another product, a sign-off or a second
publication of the same words is no change: search engines punish dates that are freshened without one.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence

from django.contrib.contenttypes.models import ContentType
from wagtail.models import Page

from articles.models import BodyAreaPage, ConditionPage, HomePage, Publication, PublicationKind
from articles.review_line import PublicationFacts


def articles_changed(articles: Iterable[Page]) -> dict[int, datetime.datetime]:
    """When the words of live articles changed last, by primary key, in one query."""
    pages = {page.pk: page for page in articles}
    recorded = Publication.objects.last_changes(pages)
    return {
        pk: at
        for pk, page in pages.items()
        if (at := _latest(recorded.get(pk) or page.last_published_at, page.first_published_at))
    }


def words_changed(publications: Sequence[PublicationFacts]) -> list[PublicationFacts]:
    """Those of an article's publications by which readers got other words, the earliest first."""
    live = [one for one in publications if one.kind == PublicationKind.PUBLISHED]
    return [
        one
        for before, one in zip([None, *live], live, strict=False)
        if before is None or before.fingerprint != one.fingerprint
    ]


def article_changed(page: Page, publications: Sequence[PublicationFacts]) -> datetime.datetime | None:
    """As `articles_changed`, of one article of which all publications are at hand. No query."""
    changed = words_changed(publications)
    return _latest(changed[-1].at if changed else page.last_published_at, page.first_published_at)


def pages_changed(pages: Sequence[Page]) -> dict[int, datetime.datetime]:
    """When live pages of any type changed last, in three queries. A list of articles changes when one joins it."""
    kind = ContentType.objects.get_for_model
    articles = [page for page in pages if page.content_type_id == kind(ConditionPage).pk]
    changed = articles_changed(articles)
    lists = {kind(BodyAreaPage).pk, kind(HomePage).pk}
    joined = _last_joined([page.path for page in pages if page.content_type_id in lists])
    for page in pages:
        if page.pk not in changed and (at := _latest(page.last_published_at, joined.get(page.path))):
            changed[page.pk] = at
    return changed


def _last_joined(paths: Sequence[str]) -> dict[str, datetime.datetime]:
    """When the last article below each of the paths was first published."""
    joined: dict[str, datetime.datetime] = {}
    if not paths:
        return joined
    public = ConditionPage.objects.live().public().filter(first_published_at__isnull=False)
    for path, at in public.values_list("path", "first_published_at"):
        for length in range(Page.steplen, len(path), Page.steplen):
            above = path[:length]
            joined[above] = max(at, joined.get(above, at))
    return joined


def _latest(*moments: datetime.datetime | None) -> datetime.datetime | None:
    return max((moment for moment in moments if moment), default=None)
