"""Demo content, through the same importers and signing service that a publisher uses. All or nothing."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.files.images import ImageFile
from django.db import transaction
from django.utils.html import escape
from wagtail.models import Site

from articles.importers.load import import_article
from articles.models import (
    ArticleImport,
    Author,
    BodyAreaPage,
    ConditionPage,
    Credential,
    HomePage,
    InformationPage,
    Interest,
    Leave,
    ProblemKind,
    PublisherSettings,
    ReportStatus,
    Reviewer,
    ReviewTier,
    User,
)  # fmt: skip
from articles.planning import months_from
from articles.problem_page import ProblemForm
from articles.problem_reports import receive, settle
from articles.rescheduling import reschedule
from articles.services import CHECKLIST, schedule_review, sign
from articles.spam_guard import open_form
from demo import plan
from demo.accounts import ACCOUNTS, PASSWORD
from demo.clicks import click_around
from demo.histories import remember
from demo.pictures import CAPTIONS
from products.importers.load import import_products
from products.models import Picture, Product, Programme, Region, Retailer

CONTENT = Path(__file__).parent / "content"
PICTURES = CONTENT / "pictures"
GROUPS = {"editor": "Editors", "reviewer": "Medical reviewers", "commercial": "Commercial"}
FIRST_REVIEWER = plan.REVIEWERS[0].slug  # whom the account "reviewer" belongs to
READING = datetime.timedelta(minutes=4)  # how long a reader has the form open
SHOP_PACE = Decimal("0.2")  # seconds; the fake shops do not mind

Say = Callable[[str], None]


class DemoRefused(Exception):
    """The database holds somebody's own articles; demo content stays out of it."""


def is_loaded() -> bool:
    return ArticleImport.objects.count() >= len(plan.ARTICLE_PLAN)


@transaction.atomic
def load(*, now: datetime.datetime, say: Say) -> None:
    """Make the demo's site. Raises `DemoRefused` on a database with articles of its own."""
    if ConditionPage.objects.exists():
        raise DemoRefused("This database has articles already: the demo's content is for an empty one.")
    _accounts()
    say("accounts")
    home = _site()
    areas = {area.slug: _body_area(home, area) for area in plan.BODY_AREAS}
    for page in plan.INFORMATION:
        _information(home, page)
    say(f"{len(areas)} body areas, {len(plan.INFORMATION)} information pages")
    _people(now.date())
    _shops()
    _interests(now.date())
    result = import_products((CONTENT / "products.csv").read_bytes(), folder=PICTURES)
    if result.errors:
        raise DemoRefused("; ".join(f"row {error.row}: {error.sentence}" for error in result.errors))
    say(f"{len(result.created)} products in {Retailer.objects.count()} shops")
    for article in plan.ARTICLE_PLAN:
        page = _article(article, areas[article.body_area], now)
        say(f"article: {page.title}")
    for planned in plan.PLANS:
        _plan(planned, now)
    for report in plan.REPORTS:
        _report(report, now)
    say(f"{len(plan.REPORTS)} reports of readers")
    say(f"{click_around(now=now):,} clicks on links to shops")
    say(f"{remember(now=now)} changes of health, half a year back")


def _accounts() -> None:
    for name, _ in ACCOUNTS:
        user = User(
            username=name,
            email=f"{name}@referred.example",
            first_name=name.capitalize(),
            is_superuser=name == "admin",
        )
        user.is_staff = user.is_superuser
        user.set_password(PASSWORD)
        user.save()
        if name in GROUPS:
            user.groups.add(Group.objects.get(name=GROUPS[name]))


def _site() -> HomePage:
    home = HomePage.objects.get()
    home.title, home.standfirst = plan.HOME.title, plan.HOME.standfirst
    home.save_revision().publish()
    site = settle_address()
    site.site_name, site.root_page = settings.WAGTAIL_SITE_NAME, home
    site.save()
    publisher = PublisherSettings.for_site(site)
    publisher.publisher = "Referred Demo Publishing"
    publisher.strapline = "A demonstration site: its people, products and shops are invented."
    publisher.house_advert = "New to exercise after an injury? Start with our guides, area by area."
    publisher.house_advert_link = settings.SITE_URL
    publisher.save()
    return HomePage.objects.get()


def settle_address() -> Site:
    """Tell the site under which address it is open this time: a port may be taken."""
    address = urlsplit(settings.SITE_URL)
    site = Site.objects.get(is_default_site=True)
    here = (address.hostname or "localhost", address.port or (443 if address.scheme == "https" else 80))
    if (site.hostname, site.port) != here:
        site.hostname, site.port = here
        site.save()
    return site


def _body_area(home: HomePage, area: plan.BodyArea) -> BodyAreaPage:
    page = BodyAreaPage(title=area.title, slug=area.slug, standfirst=area.intro)
    home.add_child(instance=page)
    page.save_revision().publish()
    return page


def _information(home: HomePage, page: plan.Page) -> None:
    body: list[dict[str, Any]] = []
    for section in page.sections:
        if section.heading:
            body.append({"type": "heading", "value": {"level": "2", "text": section.heading}})
        body.extend({"type": "paragraph", "value": f"<p>{_linked(text)}</p>"} for text in section.paragraphs)
    made = InformationPage(
        title=page.title, slug=page.slug, standfirst=page.standfirst, body=json.dumps(body)
    )
    home.add_child(instance=made)
    made.save_revision().publish()


def _linked(text: str) -> str:
    """HTML of a text in which `[words](/address/)` is a link within the site."""
    return re.sub(r"\[([^\]]+)\]\((/[^)]*)\)", r'<a href="\2">\1</a>', escape(text))


def _people(today: datetime.date) -> None:
    for author in plan.AUTHORS:
        Author.objects.create(name=author.name, role=author.role, bio=author.bio)
    for reviewer in plan.REVIEWERS:
        if reviewer.slug == FIRST_REVIEWER:
            user = User.objects.get(username="reviewer")
            user.first_name, user.last_name = reviewer.name.split(" ", 1)
            user.save()
        else:
            user = User(username=reviewer.slug, email=f"{reviewer.slug}@referred.example")
            user.first_name, user.last_name = reviewer.name.split(" ", 1)
            user.set_password(PASSWORD)
            user.save()
            user.groups.add(Group.objects.get(name=GROUPS["reviewer"]))
        made = Reviewer.objects.create(
            honorific=reviewer.honorific,
            name=reviewer.name,
            slug=reviewer.slug,
            profession=reviewer.profession,
            bio=reviewer.bio,
            user=user,
            minutes_per_month=reviewer.minutes_a_month,
        )
        for leave in reviewer.leaves:
            first = today + datetime.timedelta(days=leave.in_days)
            last = first + datetime.timedelta(days=leave.days - 1)
            Leave.objects.create(reviewer=made, first_day=first, last_day=last)
        Credential.objects.create(
            reviewer=made,
            regulator=reviewer.regulator,
            number=reviewer.number,
            verified_on=today - datetime.timedelta(days=reviewer.verified_days_ago),
        )


def _interests(today: datetime.date) -> None:
    for reviewer in plan.REVIEWERS:
        for interest in reviewer.interests:
            Interest.objects.create(
                reviewer=Reviewer.objects.get(slug=reviewer.slug),
                retailer=Retailer.objects.get(name=interest.retailer),
                what=interest.what,
                declared_on=today - datetime.timedelta(days=interest.declared_days_ago),
                ended_on=today - datetime.timedelta(days=interest.ended_days_ago),
            )


def _shops() -> None:
    for shop in plan.RETAILERS:
        region = Region.objects.get(code=shop.region)
        programme = Programme(
            name=shop.programme, network=shop.network, region=region, identity=dict(shop.identity)
        )
        programme.full_clean()
        programme.save()
        retailer = Retailer(
            name=shop.name,
            region=region,
            domains=list(shop.domains),
            checking=shop.checking,
            programme=programme,
            pace=SHOP_PACE,
        )
        retailer.full_clean()
        retailer.save()


def _article(article: plan.Article, area: BodyAreaPage, now: datetime.datetime) -> ConditionPage:
    """Import one text, do what its editor and reviewers would have done, and publish it."""
    path = CONTENT / "articles" / article.file
    page = import_article(path.read_bytes(), source_name=path.name, parent=area, now=now).page
    editor = User.objects.get(username="editor")
    draft: ConditionPage = page.get_latest_revision_as_object()
    draft.review_tier = ReviewTier.objects.get(slug=article.tier)
    draft.authors.set([Author.objects.get(name=article.author)])
    body = [_with_picture(block) for block in draft.body.raw_data]
    draft.body = json.dumps(_with_comparison(body, article.comparison))
    draft.save_revision(user=editor, log_action=True).publish(user=editor)
    for signed in article.signed:
        user = Reviewer.objects.get(slug=signed.reviewer).user
        sign(
            page,
            user=user,
            checklist=dict.fromkeys(CHECKLIST, True),
            now=now - datetime.timedelta(days=signed.days_ago),
        )
    if article.edit is not None:
        edited: ConditionPage = page.get_latest_revision_as_object()
        edited.body = json.dumps([_with_edit(block, article.edit) for block in edited.body.raw_data])
        edited.save_revision(user=editor, log_action=True).publish(user=editor)
    first = now - datetime.timedelta(days=max((signed.days_ago for signed in article.signed), default=30))
    ConditionPage.objects.filter(pk=page.pk).update(first_published_at=first, owner=editor)
    schedule_review(page, today=now.date())
    return page


def _with_picture(block: dict[str, Any]) -> dict[str, Any]:
    caption = CAPTIONS.get(block["value"]["caption"]) if block["type"] == "picture" else None
    if caption is None:
        return block
    picture = Picture.objects.filter(title=block["value"]["caption"]).first()
    if picture is None:
        data = (PICTURES / caption.file).read_bytes()
        picture = Picture(title=block["value"]["caption"], file=ImageFile(BytesIO(data), name=caption.file))
        picture.credit, picture.licence = "Drawn for the demo", "Part of this project"
        picture.save()
    value = {**block["value"], "picture": picture.pk, "alt_text": caption.alt}
    return {**block, "value": value}


def _with_comparison(body: list[dict[str, Any]], wanted: plan.Comparison | None) -> list[dict[str, Any]]:
    if wanted is None:
        return body
    place = next(
        n
        for n, block in enumerate(body)
        if block["type"] == "heading" and block["value"]["text"] == wanted.before
    )
    products = [Product.objects.get(name=name).pk for name in wanted.products]
    return [
        *body[:place],
        {"type": "comparison", "value": {"caption": wanted.caption, "products": products}},
        *body[place:],
    ]


def _with_edit(block: dict[str, Any], edit: plan.ClinicalEdit) -> dict[str, Any]:
    if block["type"] == "paragraph":
        return {**block, "value": block["value"].replace(escape(edit.find), escape(edit.replace))}
    return block


def _plan(planned: plan.Plan, now: datetime.datetime) -> None:
    """What an editor planned, through the service that asks for a reason and can undo it."""
    day = months_from(now.date(), planned.months_ahead + 1)[-1].replace(day=planned.day)
    pages = ConditionPage.objects.filter(slug__in=planned.slugs)
    editor = User.objects.get(username="editor")
    reschedule({page.pk: day for page in pages}, reason=planned.reason, user=editor, now=now)


def _report(report: plan.Report, now: datetime.datetime) -> None:
    """What a reader filled in, through the form's own checks, and what an editor did about it."""
    sent = now - datetime.timedelta(hours=report.hours_ago)
    opening = open_form(ConditionPage.objects.get(slug=report.slug).pk, now=sent - READING)
    form = ProblemForm(
        {"kind": report.kind, "text": report.text, "email": report.email, "token": opening.token}
    )
    if not form.is_valid() or opening.is_hasty(sent):
        raise DemoRefused(f"The report about {report.slug} would not be taken: {form.errors.as_text()}")
    given = form.cleaned_data
    made = receive(
        opening, kind=ProblemKind(given["kind"]), text=given["text"], email=given["email"], now=sent
    )
    if report.note:
        editor = User.objects.get(username="editor")
        settle(made, status=ReportStatus.ANSWERED, note=report.note, user=editor, now=sent + READING)
