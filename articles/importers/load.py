"""From a parsed document to a page: creates, updates, or leaves alone. All or nothing."""

from __future__ import annotations

import datetime
import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum
from html import escape
from typing import Any
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import slugify
from wagtail.log_actions import log
from wagtail.models import Page

from articles.clinical_content import without_block_keys
from articles.days import site_day
from articles.importers import document as source
from articles.importers.seed_text import parse, read_source
from articles.models import ArticleImport, ConditionPage, ImportedReview, RelatedArticle
from articles.services import schedule_review
from products.models import Product, ProductKind
from products.services import named_retailer, place_offer


class Action(StrEnum):
    """What an import did."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


class ImportRefused(Exception):
    """Why nothing was written, in words for the person who ran the import."""


@dataclass
class Result:
    """An import's outcome. `unsure` asks a person to look."""

    action: Action
    page: ConditionPage
    document: source.Document
    key: str
    unsure: list[str] = field(default_factory=list)


def import_article(
    raw: bytes,
    *,
    source_name: str,
    parent: Page,
    now: datetime.datetime,
    publish: bool = False,
    force: bool = False,
    dry_run: bool = False,
) -> Result:
    """Make or update the article that `raw` describes, as a draft under `parent`.

    The matching key is the slug of the source's title: the same title finds the same page again, wherever it was
    moved and whatever it is called now. A draft that a person edited since the last import is left alone unless
    `force`; pictures chosen for a caption are kept in any case. With `dry_run` nothing is written.

    Raises `SourceRefused` for a text that will not do, `ImportRefused` for one that may not be loaded.
    """
    today = site_day(now)
    parsed = parse(read_source(raw), today=today)
    with transaction.atomic():
        result = _load(parsed, raw, source_name=source_name, parent=parent, now=now, force=force)
        if publish:
            _publish(result)
        if result.page.live:
            schedule_review(result.page, today=today)
        if dry_run:
            transaction.set_rollback(True)
    return result


def _publish(result: Result) -> None:
    """Publish the draft that the import left; one that a person edited since is theirs to publish."""
    if result.page.live and not result.page.has_unpublished_changes:
        return
    revision = result.page.get_latest_revision()
    assert revision is not None
    record = ArticleImport.objects.get(page_id=result.page.pk)
    if draft_hash(revision.as_object()) != record.content_hash:
        result.unsure.append(
            "The draft was edited since its last import and was not published: do that in the admin."
        )
        return
    revision.publish(skip_permission_checks=True)
    result.page.refresh_from_db()


def _load(
    parsed: source.Document,
    raw: bytes,
    *,
    source_name: str,
    parent: Page,
    now: datetime.datetime,
    force: bool,
) -> Result:
    key = slugify(parsed.title)
    if not key:
        raise ImportRefused(f'The title "{parsed.title}" has no letters or digits to make an address of.')
    source_hash = hashlib.sha256(raw).hexdigest()
    unsure = [f"Line {note.line}: {note.text}" for note in parsed.notes if not note.sure]
    record = ArticleImport.objects.select_for_update().filter(key=key).first()
    if record is None:
        page, action = _new_page(parsed, key, parent=parent, force=force), Action.CREATED
    else:
        live = ConditionPage.objects.get(pk=record.page_id)
        page, action = live.get_latest_revision_as_object(), Action.UPDATED
        if not force:
            if record.source_hash == source_hash:
                return Result(Action.UNCHANGED, live, parsed, key, unsure)
            if draft_hash(page) != record.content_hash:
                raise ImportRefused(
                    f'The draft of "{page.title}" was edited since its last import. Nothing was changed. '
                    "Use --force to replace those edits with the file's text."
                )
    body, asked = _body(parsed, kept=_chosen_pictures(page))
    unsure += asked
    page.title = parsed.title
    page.standfirst = parsed.standfirst
    page.body = json.dumps(body)
    page.related_articles.set([RelatedArticle(topic=topic) for topic in parsed.related])
    try:
        if page.pk is None:
            page.live = False
            parent.add_child(instance=page)
        page.full_clean()
        _keep_review(page, parsed.review, source_name)
    except ValidationError as error:
        raise ImportRefused(_in_words(error)) from error
    unsure += [*_too_long(page, body), *_set_for_later(page, now)]
    page.save_revision(log_action=True, changed=True, clean=False)
    ArticleImport.objects.update_or_create(
        page_id=page.pk,
        defaults={
            "key": key,
            "source": source_name,
            "source_hash": source_hash,
            "content_hash": draft_hash(page.get_latest_revision_as_object()),
            "imported_at": now,
            "unsure": unsure,
        },
    )
    log(page, "articles.import", data={"source": source_name, "action": action.value})
    return Result(action, ConditionPage.objects.get(pk=page.pk), parsed, key, unsure)


def _set_for_later(page: ConditionPage, now: datetime.datetime) -> list[str]:
    if page.go_live_at is None or page.go_live_at <= now:
        return []
    day = date_format(timezone.localtime(page.go_live_at), "j F Y, H:i")
    return [f"The draft was set to go live on {day}. That stands for the file's text too."]


def draft_hash(page: ConditionPage) -> str:
    """A hash of what an import writes, without block ids: another hash means that a person edited it.

    The admin's editor gives each block and paragraph an id of its own; saving there without an edit is no edit.
    """
    content = {
        "title": page.title,
        "standfirst": page.standfirst,
        "body": _without_ids(list(page.body.raw_data)),
        "related": [[related.topic, related.article_id] for related in page.related_articles.all()],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _without_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_ids(item) for name, item in value.items() if name != "id"}
    if isinstance(value, list | tuple):
        return [_without_ids(item) for item in value]
    return without_block_keys(value) if isinstance(value, str) else value


def _new_page(parsed: source.Document, key: str, *, parent: Page, force: bool) -> ConditionPage:
    taken = ConditionPage.objects.child_of(parent).filter(slug=key).first()
    if taken is None:
        return ConditionPage(title=parsed.title, slug=key)
    if not force:
        raise ImportRefused(
            f'"{parent.title}" already has an article at "{key}" that was not imported. Nothing was changed. '
            "Use --force to replace its text, or --under to import elsewhere."
        )
    page: ConditionPage = taken.get_latest_revision_as_object()
    return page


def _keep_review(page: ConditionPage, review: source.ReviewLine | None, source_name: str) -> None:
    if review is None:
        ImportedReview.objects.filter(page_id=page.pk).delete()
        return
    kept = ImportedReview.objects.filter(page_id=page.pk).first() or ImportedReview(page_id=page.pk)
    kept.reviewer_name = review.reviewer
    kept.qualification = review.qualification
    kept.reviewed_on = review.reviewed_on
    kept.source = source_name
    kept.full_clean()
    kept.save()


def _in_words(error: ValidationError) -> str:
    parts = [f"{name}: {' '.join(messages)}" for name, messages in error.message_dict.items()]
    return f"The article cannot be saved. {'; '.join(parts)}"


def _too_long(page: ConditionPage, body: list[dict[str, Any]]) -> list[str]:
    """What the page editor will not take as it is: it loads, so that nothing is lost, and a person shortens it."""
    asked = []
    limit = ConditionPage._meta.get_field("standfirst").max_length
    if limit is not None and len(page.standfirst) > limit:
        asked.append(f"The standfirst is longer than the editor takes ({limit} characters): shorten it.")
    blocks = ConditionPage._meta.get_field("body").to_python(
        json.dumps(body)
    )  # the page's own stays as given
    for number, child in enumerate(blocks, start=1):
        try:
            child.block.clean(child.value)
        except ValidationError:
            asked.append(
                f"Block {number}, {child.block.label.lower()}: the editor will not take it as it is; shorten or split it."
            )
    return asked


def _chosen_pictures(page: ConditionPage) -> dict[str, dict[str, Any]]:
    """What people chose for picture placeholders, by caption: an update must not throw it away."""
    return {
        child["value"]["caption"]: child["value"]
        for child in page.body.raw_data
        if child["type"] == "picture" and child["value"].get("picture")
    }


def _body(
    parsed: source.Document, *, kept: dict[str, dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[str]]:
    """The article's blocks as StreamField data, and what the import asks a person to look at."""
    body: list[dict[str, Any]] = []
    asked: list[str] = []
    for block in parsed.blocks:
        match block:
            case source.Heading(level=level, text=text):
                value: Any = {"level": str(level), "text": text}
                body.append(_block("heading", value))
            case source.Paragraph(text=text):
                body.append(_block("paragraph", _html(text)))
            case source.BulletList():
                items = [{"text": _html(item.text), "children": list(item.children)} for item in block.items]
                body.append(
                    _block("points", {"lead_in": block.lead_in, "ordered": block.ordered, "items": items})
                )
            case source.DiagnosticTest():
                body.append(
                    _block(
                        "diagnostic_test",
                        {
                            "name": block.name,
                            "purpose": block.purpose,
                            "how": block.how,
                            "positive_result": block.positive_result,
                            "picture": None,
                            "alt_text": "",
                        },
                    )
                )
            case source.Picture(caption=caption):
                body.append(
                    _block(
                        "picture", kept.get(caption, {"picture": None, "alt_text": "", "caption": caption})
                    )
                )
            case source.SeeAlso(topic=topic):
                body.append(_block("see_also", {"topic": topic, "page": None}))
            case source.ProductBox():
                product, questions = _product(block)
                asked += questions
                body.append(_block("product_box", {"product": product.pk, "badge": ""}))
            case source.Advert():
                body.append(_block("advert", None))
            case source.Promotion():
                body.append(_block("promotion", None))
    return body, asked


def _block(name: str, value: Any) -> dict[str, Any]:
    return {"type": name, "value": value, "id": str(uuid4())}


def _html(text: str) -> str:
    """One paragraph of plain text; markup in it is shown, never run."""
    return f"<p>{escape(text, quote=False)}</p>"


def _product(box: source.ProductBox) -> tuple[Product, list[str]]:
    """The product a box names, made as a range if it is new, with a draft offer at each shop it names."""
    asked: list[str] = []
    product = Product.objects.filter(name__iexact=box.name).first()
    if product is None:
        product = Product.objects.create(name=box.name, kind=ProductKind.RANGE)
        log(product, "wagtail.create")
        asked.append(f'Product "{box.name}" is new: it was made as a range. Describe it under Products.')
    for shop in box.shops:
        retailer, questions = named_retailer(shop.name, shop.region_label)
        asked += questions
        offer, made = place_offer(product, retailer)
        if made or offer.is_draft:
            asked.append(f'The offer of "{product}" at {retailer} needs an address.')
    return product, asked
