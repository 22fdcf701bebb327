"""A desk on which something of everything lies, and every address of the admin with arguments that lead to it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from django.apps import apps
from django.contrib.auth.models import Group
from django.db.models import Model
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from django.utils.text import slugify
from wagtail.admin.views.bulk_action.registry import bulk_action_registry
from wagtail.contrib.redirects.models import Redirect
from wagtail.contrib.settings.registry import registry as settings_registry
from wagtail.documents import get_document_model
from wagtail.models import Collection, Site, Task, Workflow
from wagtail_factories import DocumentFactory

from articles.governance import TriggerKind
from articles.models import (
    ConditionPage,
    MedicalReviewTaskState,
    ProblemKind,
    ProblemReport,
    Reference,
    Rescheduling,
    Reviewer,
    ReviewTrigger,
)
from articles.problem_reports import receive
from articles.rescheduling import reschedule
from articles.review_feed import renew_feed
from articles.services import schedule_review
from articles.spam_guard import open_form
from articles.triggers import call_for_review
from products import mass_checks
from products.clock import database_now
from products.models import Alarm, Checking, Clicks, MassCheck, Offer, Picture, Product, Retailer
from products.offer_verbs import Verb
from tests.desk import EDITORS, REVIEWERS
from tests.factories import (
    AuthorFactory,
    BodyAreaPageFactory,
    ConditionPageFactory,
    OfferFactory,
    PictureFactory,
    ProductFactory,
    RetailerFactory,
    ReviewerFactory,
    UserFactory,
    paragraph,
    product_box,
    sign_off,
)
from tests.products.shops import saw

APPS = ("articles", "products")
WAGTAILS = ("wagtailimages", "wagtailsnippetchoosers")
"""Views of our models that are Wagtail's all the same."""
DAY, HOUR = datetime.timedelta(days=1), datetime.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Furnished:
    """One object of each kind that an address may name."""

    article: ConditionPage
    """Live, signed long ago, called for review, and with a product whose link is broken."""
    waiting: MedicalReviewTaskState
    """Another article, submitted by an editor."""
    call: ReviewTrigger
    report: ProblemReport
    rescheduling: Rescheduling
    reviewer: Reviewer
    """Has signed `article` and keeps a private calendar."""
    product: Product
    offer: Offer
    retailer: Retailer
    alarm: Alarm
    mass_check: MassCheck
    picture: Picture


def furnish(named: str = "") -> Furnished:
    """Make all of it through the site's own services. `named` goes before the names and words that people type."""
    now = timezone.now()
    today = timezone.localdate(now)
    editor = UserFactory(first_name=f"{named}Edna", last_name="Editor")
    editor.groups.add(Group.objects.get(name=EDITORS))
    clinician = UserFactory(first_name=f"{named}Jamie", last_name="Clinician")
    clinician.groups.add(Group.objects.get(name=REVIEWERS))
    reviewer = ReviewerFactory(user=clinician, minutes_per_month=120)
    reviewer.leaves.create(first_day=today + 10 * DAY, last_day=today + 20 * DAY)

    everything = Collection.get_first_root_node()
    picture = PictureFactory(collection=everything)
    product = ProductFactory(name=f"{named}Thigh support", picture=picture, picture_alt="A thigh support")
    for summary in ("For a strain.", "For a strain, and after it."):
        product.summary = summary
        product.save()
        product.save_revision(user=editor)
    shop = RetailerFactory(
        name=f"{named}shop.example", domains=[f"shop-{slugify(named)}.example"], programme=None
    )
    offer = OfferFactory(product=product, retailer=shop)
    Clicks.objects.create(day=today, offer=offer, region=shop.region, people=3)
    for hours in (2, 0):
        saw(offer, now=now - hours * HOUR, status=404)
    OfferFactory(product=product, retailer=RetailerFactory(checking=Checking.HUMAN))
    OfferFactory(draft=True)

    area = BodyAreaPageFactory(title=f"{named}Thigh")
    Reference.objects.create(
        title=f"{named}Hamstring injuries: a review", url=f"https://www.example.org/{quote(named)}"
    )
    article = ConditionPageFactory(
        title=f"{named}Hamstring strain",
        parent=area,
        owner=editor,
        authors=[AuthorFactory(name=f"{named}Robin Writer")],
        blocks=[paragraph("Rest the leg."), product_box(product)],
    )
    sign_off(article, reviewer, on=today - 300 * DAY)
    schedule_review(article, today=today)
    rescheduling = reschedule(
        {article.pk: today + 30 * DAY}, reason=f"{named}The clinic moves.", user=editor, now=now
    )
    call = call_for_review(
        article, kind=TriggerKind.SAFETY_ALERT, reason="MHRA alert 7.", user=editor, now=now
    )
    report = receive(
        open_form(article.pk, now=now),
        kind=ProblemKind.SAFETY,
        text=f"{named}My leg went numb.",
        email="sam@example.org",
        now=now,
    )

    submitted = ConditionPageFactory(
        title=f"{named}Thigh pain", parent=area, blocks=[paragraph("Keep moving.")]
    )
    schedule_review(submitted, today=today)
    submitted.title = f"{named}Thigh pain at night"
    submitted.save_revision(user=editor)
    submitted.get_workflow().start(submitted, editor)
    renew_feed(reviewer, user=clinician, now=now)
    mass_check = mass_checks.ask(
        Offer.objects.filter(pk=offer.pk), about=f"{named}Thigh support", user=editor, now=database_now()
    )
    DocumentFactory(collection=everything)
    Redirect.objects.create(old_path=f"/old{slugify(named)}", redirect_link="/new")
    everything.add_child(name=f"{named}Anatomy")
    RetailerFactory(programme=None)
    ReviewerFactory()
    return Furnished(
        article=article,
        waiting=MedicalReviewTaskState.objects.get(workflow_state__object_id=str(submitted.pk)),
        call=call,
        report=report,
        rescheduling=rescheduling,
        reviewer=reviewer,
        product=product,
        offer=offer,
        retailer=offer.retailer,
        alarm=Alarm.objects.get(offer=offer),
        mass_check=mass_check,
        picture=picture,
    )


# --- addresses ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Address:
    """One address of the admin, filled with arguments."""

    name: str
    """As `reverse` knows it, with what tells apart those that share a view: "wagtailsettings:edit publishersettings"."""
    url: str
    view: Any
    """The view's class, or its function."""
    model: type[Model] | None
    is_ours: bool

    @property
    def verb(self) -> str:
        """What is done there: "edit", and "delete" for the deletion of several."""
        name, _, which = self.name.partition(" ")
        return which.rpartition(" ")[2] if name == "wagtail_bulk_action" else name.rpartition(":")[2]


class CannotFill(Exception):
    """No object is known for an argument of an address; the message says what to add, and where."""


def admin_addresses(furnished: Furnished) -> list[Address]:
    """Every address below /admin/. Raises `CannotFill`."""
    return [
        address
        for pattern, prefix, names in _patterns(get_resolver().url_patterns)
        if prefix.startswith("admin/") and pattern.name
        for address in _filled(pattern, ":".join([*names, pattern.name]), furnished)
    ]


def _patterns(
    patterns: list[Any], prefix: str = "", names: tuple[str, ...] = ()
) -> Iterator[tuple[URLPattern, str, tuple[str, ...]]]:
    for one in patterns:
        here = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _patterns(one.url_patterns, here, (*names, one.namespace) if one.namespace else names)
        else:
            yield one, here, names


def _filled(pattern: URLPattern, name: str, furnished: Furnished) -> Iterator[Address]:
    callback: Any = pattern.callback
    view = getattr(callback, "view_class", callback)
    given = getattr(callback, "view_initkwargs", {})
    model = given.get("model") or getattr(view, "model", None)
    model = model if isinstance(model, type) and issubclass(model, Model) else None
    ours = view.__module__.partition(".")[0] in APPS or (
        model is not None and model._meta.app_label in APPS and not name.startswith(WAGTAILS)
    )
    several = _several(name, furnished)
    if several is not None:
        for called, kwargs, query, of in several:
            yield Address(
                f"{name} {called}",
                reverse(name, kwargs=kwargs) + (f"?{urlencode(query)}" if query else ""),
                view,
                of,
                of._meta.app_label in APPS and of is not Picture,
            )
        return
    kwargs = {
        argument: _argument(name, argument, model, furnished) for argument in pattern.pattern.converters
    } or {
        argument: _argument(name, argument, model, furnished)
        for argument in getattr(getattr(pattern.pattern, "regex", None), "groupindex", ())
    }
    try:
        url = reverse(name, kwargs=kwargs)
    except NoReverseMatch as error:
        raise CannotFill(f"{name} with {kwargs}: {error}") from error
    yield Address(name, url, view, model, ours)


def _several(
    name: str, furnished: Furnished
) -> list[tuple[str, Mapping[str, Any], Mapping[str, Any], type[Model]]] | None:
    """What stands at the addresses that many things share: (what, arguments, query, model)."""
    match name:
        case "wagtailsettings:edit" | "wagtailsettings:preview_on_edit":
            return [
                (
                    model._meta.model_name,
                    {"app_name": model._meta.app_label, "model_name": model._meta.model_name, "pk": Site.objects.get().pk},
                    {},
                    model,
                )
                for model in settings_registry
            ]  # fmt: skip
        case "wagtail_bulk_action":
            bulk_action_registry._scan_for_bulk_actions()
            return [
                (
                    f"{model} {action}",
                    {"app_label": app, "model_name": model, "action": action},
                    {
                        "id": _object(apps.get_model(app, model), furnished, to_delete=action == "delete").pk,
                        "next": "/admin/account/",
                    },
                    apps.get_model(app, model),
                )
                for app, models in bulk_action_registry.actions.items()
                for model, actions in models.items()
                for action in actions
            ]
        case _ if name.endswith("_offer:verb"):
            return [(verb, {"pk": furnished.offer.pk, "verb": verb.value}, {}, Offer) for verb in Verb]
        case _:
            return None


def _object(model: type[Model], furnished: Furnished, *, to_delete: bool = False) -> Model:
    """The furnished object of a model, or else the newest, which nothing keeps from being deleted."""
    for name in furnished.__dataclass_fields__:
        value = getattr(furnished, name)
        if isinstance(value, model) and not to_delete:
            return value
    found = model._default_manager.order_by("-pk").first()
    if found is None:
        raise CannotFill(
            f"There is no {model._meta.verbose_name}: make one in `furnish`, tests/furnished.py."
        )
    return found


def _argument(name: str, argument: str, model: type[Model] | None, furnished: Furnished) -> Any:
    """A value for an argument of an address."""
    own = _OWN.get((name.rpartition(":")[0], argument)) or _WAGTAIL.get(argument)
    if own is not None:
        return own(furnished)
    if argument in ("pk", "object_id") and model is not None:
        return _object(model, furnished, to_delete=name.endswith(":delete")).pk
    raise CannotFill(
        f"The address {name} has an argument {argument!r} that nothing fills: say in tests/furnished.py, in _OWN, "
        f"which object stands there."
    )


_OWN = {
    ("medical_review", "state"): lambda made: made.waiting.pk,
    ("medical_review", "page"): lambda made: made.article.pk,
    ("medical_review", "call"): lambda made: made.call.pk,
    ("reschedulings", "pk"): lambda made: made.rescheduling.pk,
    ("reader_reports", "pk"): lambda made: made.report.pk,
    ("alarms", "pk"): lambda made: made.alarm.pk,
    ("mass_checks", "pk"): lambda made: made.mass_check.pk,
    ("wagtailsnippets_products_product", "pk"): lambda made: made.product.pk,
    ("wagtailsnippets_products_product", "revision_id"): lambda made: made.product.latest_revision_id,
    ("wagtailsnippets_products_product", "revision_id_a"): lambda made: "earliest",
    ("review_calendar", "day"): lambda made: str(timezone.localdate()),
    ("wagtailadmin_workflows", "pk"): lambda made: Workflow.objects.first().pk,
    ("wagtailadmin_pages", "pk"): lambda made: made.article.pk,
    ("wagtailadmin_api:pages", "pk"): lambda made: made.article.pk,
    ("wagtailadmin_api:images", "pk"): lambda made: made.picture.pk,
    ("wagtailadmin_api:documents", "pk"): lambda made: get_document_model().objects.first().pk,
    ("wagtaildocs_chooser", "pk"): lambda made: get_document_model().objects.first().pk,
}
_WAGTAIL = {
    "page_id": lambda made: made.article.pk,
    "parent_page_id": lambda made: made.article.get_parent().pk,
    "page_to_move_id": lambda made: made.article.pk,
    "destination_id": lambda made: made.article.get_parent().pk,
    "page_pk": lambda made: Site.objects.get().root_page_id,
    "revision_id": lambda made: made.article.latest_revision_id,
    "revision_id_a": lambda made: "live",
    "revision_id_b": lambda made: "latest",
    "content_type_app_name": lambda made: "articles",
    "content_type_model_name": lambda made: "conditionpage",
    "app_label": lambda made: "articles",
    "app_name": lambda made: "articles",
    "model_name": lambda made: "conditionpage",
    "action_name": lambda made: "approve",
    "task_state_id": lambda made: made.waiting.pk,
    "workflow_state_id": lambda made: made.waiting.workflow_state_id,
    "workflow_pk": lambda made: Workflow.objects.first().pk,
    "task_id": lambda made: Task.objects.first().pk,
    "session_id": lambda made: 1,
    "object_id": lambda made: made.article.pk,
    "collection_id": lambda made: Collection.objects.last().pk,
    "redirect_id": lambda made: Redirect.objects.first().pk,
    "image_id": lambda made: made.picture.pk,
    "document_id": lambda made: get_document_model().objects.first().pk,
    "doc_id": lambda made: get_document_model().objects.first().pk,
    "uploaded_file_id": lambda made: 1,
    "filter_spec": lambda made: "max-165x165",
    "uidb64": lambda made: "MQ",
    "token": lambda made: "set-password",
}
