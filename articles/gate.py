"""The publishing gate: where a site asks for it, only words that a reviewer signed go live.

Wagtail publishes by many paths: the editor's button runs an action of its own, everything else meets in
`Page.publish()`, and copying live only saves. All of them save the page, so the last guard stands there; those before
it are for the sake of a friendly answer.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from wagtail.admin import messages
from wagtail.log_actions import log
from wagtail.models import Page, Revision

from articles.clinical_content import clinical_fingerprint
from articles.content_checks import why_not_live
from articles.governance import SignOffOutcome
from articles.models import ConditionPage, PublisherSettings
from articles.review_line import governing_sign_offs


class PublishingRefused(ValidationError):
    """Why an article may not go live, in words for its editor."""


def why_not_publish(page: ConditionPage) -> str:
    """Why these words may not go live, or "". An expired review does not keep its own words from readers."""
    return _why_not(page, place=page)


def _why_not(page: ConditionPage, *, place: ConditionPage) -> str:
    """The same of words alone, as a revision holds them: `place` knows their site, and of what it is an alias."""
    if wrong := why_not_live(page):
        return wrong
    if not _requires_review(place):
        return ""
    signed = place if place.alias_of_id is None else place.alias_of
    words = clinical_fingerprint(page)
    latest = governing_sign_offs(signed, live_fingerprint=words).latest
    if latest is None:
        return f"“{page.title}” was not published: on this site a medical review comes first."
    if latest.outcome == SignOffOutcome.WITHDRAWN:
        return f"“{page.title}” was not published: its medical review was withdrawn, and it needs a new one."
    if latest.fingerprint != words:
        return f"“{page.title}” was not published: its words are not those that were signed. Submit it for review."
    return ""


def _requires_review(page: ConditionPage) -> bool:
    address = page.get_url_parts()
    if address is None:  # it is below no site
        return False
    site, _, _ = address
    return PublisherSettings.objects.get_or_create(site_id=site)[0].require_review


def guard_going_live(page: ConditionPage, *, update_fields: Collection[str] | None) -> None:
    """Raise `PublishingRefused` if saving `page` would publish what may not go live."""
    if not page.live or (update_fields is not None and "live" not in update_fields):
        return
    if not (refusal := why_not_publish(page)):
        return
    stands = ConditionPage.objects.filter(pk=page.pk, live=True, live_revision=page.live_revision_id)
    if not stands.exists():
        raise PublishingRefused(refusal)


def may_go_live(page: ConditionPage, revision: Revision, *, scheduled: bool) -> bool:
    """True, or raises `PublishingRefused`. A schedule that may not be kept is called off, and the log says why:
    an error would stop the schedules of all other pages. `page` is where the revision belongs, as it is now."""
    draft = ConditionPage.from_serializable_data(revision.content, check_fks=False)
    refusal = _why_not(draft, place=page)
    if not refusal:
        return True
    if not scheduled:
        raise PublishingRefused(refusal)
    page.revisions.filter(pk=revision.pk).update(approved_go_live_at=None)
    log(page, "articles.publish.refuse", revision=revision, data={"reason": refusal})
    return False


def keep_from_publishing(request: HttpRequest, page: Page) -> HttpResponse | None:
    """`before_publish_page`: the draft is saved by then, and stays one."""
    if not isinstance(page, ConditionPage) or not (refusal := why_not_publish(page)):
        return None
    messages.error(request, f"{refusal} Your draft is saved.")
    return redirect("wagtailadmin_pages:edit", page.pk)


def keep_from_bulk_publishing(
    request: HttpRequest, action_type: str, objects: Sequence[Any], action: Any
) -> HttpResponse | None:
    """`before_bulk_action`: nothing is published if one of the pages may not be."""
    if action_type != "publish":
        return None
    refusals = []
    with_descendants = action.cleaned_form.cleaned_data.get("include_descendants")
    for one in objects:
        drafts = one.get_descendants().not_live() if with_descendants else ()
        for page in (one, *drafts):
            draft = page.get_latest_revision_as_object()
            if isinstance(draft, ConditionPage) and (refusal := why_not_publish(draft)):
                refusals.append(refusal)
    if not refusals:
        return None
    for refusal in refusals[:5]:
        messages.error(request, refusal)
    return redirect(action.next_url)
