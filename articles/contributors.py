"""Who wrote an article since somebody last vouched for it: they may not vouch for it now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from wagtail.models import COMMENTS_RELATION_NAME, Page, PageLogEntry, Revision

from articles.clinical_content import without_block_keys
from articles.governance import SignOffOutcome
from articles.models import MedicalReview

EDITS = ("wagtail.create", "wagtail.edit", "wagtail.copy", "wagtail.revert")

WRITTEN_BY_NOBODY = frozenset({
    COMMENTS_RELATION_NAME, "draft_title", "live", "has_unpublished_changes", "owner", "locked", "locked_at", "locked_by",
    "latest_revision", "latest_revision_created_at", "first_published_at", "last_published_at", "live_revision",
    "alias_of", "expired", "path", "depth", "numchild", "url_path", "translation_key",
})  # fmt: skip
"""What a revision holds beside its author's work. A comment is no edit, though the editor saves the draft with it."""


def contributors(page: Page) -> set[int]:
    """Accounts that wrote or edited a page since its last sign-off that stands, superusers included.

    Who saved a draft without changing it, to comment on it for instance, is none. Autosave rewrites a revision in
    place and keeps one name, so the log of edits is read too.
    """
    last = last_standing(page)
    drafts = Revision.page_revisions.for_instance(page).order_by("created_at", "pk")
    edits = PageLogEntry.objects.filter(page=page.pk, action__in=EDITS)
    found: set[int | None] = set()
    if last is None:
        found.add(page.owner_id)
        work = None
    else:
        drafts = drafts.filter(created_at__gt=last.revision.created_at)
        edits = edits.filter(timestamp__gt=last.revision.created_at)
        work = work_of(last.revision)
    idle = set()
    for draft in drafts:
        before, work = work, work_of(draft)
        if work == before:
            idle.add(draft.pk)
        else:
            found.add(draft.user_id)
    found.update(editor for editor, draft in edits.values_list("user_id", "revision_id") if draft not in idle)
    return {pk for pk in found if pk is not None}


def last_standing(page: Page) -> MedicalReview | None:
    """The last signature that nobody withdrew: what a withdrawn one had settled is open again."""
    withdrawn = False
    for review in MedicalReview.objects.filter(page_id=page.pk).select_related("revision").defer("snapshot"):
        if review.outcome == SignOffOutcome.WITHDRAWN:
            withdrawn = True
        elif not withdrawn:
            return review
        elif review.outcome == SignOffOutcome.APPROVED:
            withdrawn = False
    return None


def work_of(revision: Revision) -> dict[str, Any]:
    """What somebody wrote, without the ids and the wrapping of list items that the admin's editor adds by itself."""
    content: Mapping[str, Any] = revision.content
    work = {name: value for name, value in content.items() if name not in WRITTEN_BY_NOBODY}
    if isinstance(body := work.get("body"), str):
        work["body"] = json.loads(body)
    return {name: _without_ids(value) for name, value in work.items()}


def _without_ids(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get("type") == "item" and value.keys() <= {"type", "value", "id"}:
            return _without_ids(value["value"])
        return {name: _without_ids(item) for name, item in value.items() if name not in ("id", "pk")}
    if isinstance(value, list):
        return [_without_ids(item) for item in value]
    return without_block_keys(value) if isinstance(value, str) else value
