"""Makes what a test needs and does not care about. What a test is about, it says itself."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

import factory
from django.utils import timezone
from django.utils.text import slugify
from factory.django import DjangoModelFactory, Password
from wagtail.models import Page, Site
from wagtail_factories import ImageFactory, PageFactory

from articles.models import (
    Author,
    BodyAreaPage,
    ConditionPage,
    Credential,
    HomePage,
    InformationPage,
    MedicalReview,
    Reviewer,
    ReviewTier,
    User,
)
from articles.services import CHECKLIST, sign
from products.models import Offer, Picture, Product, Programme, Region, Retailer

# --- the library ----------------------------------------------------------------------------------


class RegionFactory(DjangoModelFactory):
    """A region that ships, or one more: `RegionFactory(code="DE", name="Germany")`."""

    class Meta:
        model = Region
        django_get_or_create = ("code",)

    code = "UK"
    name = factory.LazyAttribute(
        lambda region: {"UK": "the UK", "US": "the USA"}.get(region.code, region.code)
    )
    is_default = factory.LazyAttribute(lambda region: region.code == "UK")


class ProgrammeFactory(DjangoModelFactory):
    """A shop's own scheme, which adds `?ref=` and our identity."""

    class Meta:
        model = Programme

    name = factory.Sequence("Programme {}".format)
    network = "in_house"
    region = factory.SubFactory(RegionFactory)
    identity = factory.LazyFunction(lambda: {"value": "referred"})


class RetailerFactory(DjangoModelFactory):
    """A shop that pays us. `programme=None`: one that does not."""

    class Meta:
        model = Retailer

    name = factory.Sequence("shop-{}.example".format)
    region = factory.SubFactory(RegionFactory)
    domains = factory.LazyAttribute(lambda shop: [f"{slugify(shop.name.removesuffix('.example'))}.example"])
    programme = factory.SubFactory(ProgrammeFactory, region=factory.SelfAttribute("..region"))


class PictureFactory(ImageFactory):
    class Meta:
        model = Picture

    file = factory.django.ImageField(width=1200, height=800, color="teal")


class ProductFactory(DjangoModelFactory):
    class Meta:
        model = Product

    name = factory.Sequence("Thigh support {}".format)


class OfferFactory(DjangoModelFactory):
    """A healthy offer. A given state of health is written as a link check would write it."""

    class Meta:
        model = Offer

    product = factory.SubFactory(ProductFactory)
    retailer = factory.SubFactory(RetailerFactory)
    destination = factory.LazyAttribute(
        lambda offer: f"https://{offer.retailer.domains[0]}/products/{slugify(offer.product.name)}"
    )

    class Params:
        draft = factory.Trait(destination="")

    @classmethod
    def _create(cls, model_class: type[Offer], *args: Any, **values: Any) -> Offer:
        names = {"reachable", "identity", "buyable", "last_checked_at", "last_reached_at"}
        health = {name: values.pop(name) for name in names & values.keys()}
        offer = super()._create(model_class, *args, **values)
        if health:
            Offer.objects.filter(pk=offer.pk).update(**health)
            offer.refresh_from_db()
        return offer


# --- people ---------------------------------------------------------------------------------------

PASSWORD = "the tests' own"


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User

    username = factory.Sequence("user-{}".format)
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.org")
    password = Password(PASSWORD)


class AuthorFactory(DjangoModelFactory):
    class Meta:
        model = Author

    name = factory.Sequence("Robin Writer {}".format)
    role = "Health writer"


class ReviewerFactory(DjangoModelFactory):
    """A reviewer who may sign: with an account and a registration that is in force."""

    class Meta:
        model = Reviewer
        skip_postgeneration_save = True

    honorific = "Dr"
    name = factory.Sequence("Jamie Clinician {}".format)
    slug = factory.LazyAttribute(lambda reviewer: slugify(reviewer.name))
    profession = "Consultant Physiotherapist"
    user = factory.SubFactory(UserFactory)
    credential = factory.RelatedFactory("tests.factories.CredentialFactory", factory_related_name="reviewer")


class CredentialFactory(DjangoModelFactory):
    class Meta:
        model = Credential

    reviewer = factory.SubFactory(ReviewerFactory, credential=None)
    regulator = "HCPC"
    number = factory.Sequence("PH{:06}".format)
    verified_on = datetime.date(2020, 1, 1)


class ReviewTierFactory(DjangoModelFactory):
    """The default tier that ships, or another: `ReviewTierFactory(slug="strict")`."""

    class Meta:
        model = ReviewTier
        django_get_or_create = ("slug",)

    slug = "standard"
    name = factory.LazyAttribute(lambda tier: tier.slug.replace("-", " ").capitalize())
    interval_months = 24
    is_default = factory.LazyAttribute(lambda tier: tier.slug == "standard")


# --- pages ----------------------------------------------------------------------------------------


def block(name: str, value: Any) -> dict[str, Any]:
    """One block of a body, as the database holds it."""
    return {"type": name, "value": value, "id": str(uuid4())}


def heading(text: str, level: int = 2) -> dict[str, Any]:
    return block("heading", {"level": str(level), "text": text})


def paragraph(text: str) -> dict[str, Any]:
    return block("paragraph", f"<p>{text}</p>")


def product_box(product: Product, badge: str = "") -> dict[str, Any]:
    return block("product_box", {"product": product.pk, "badge": badge})


def home_page() -> HomePage:
    """The site's home page, which the migrations make."""
    return HomePage.objects.get(pk=Site.objects.get(is_default_site=True).root_page_id)


class HomePageFactory(DjangoModelFactory):
    """The site's home page with the values given: a site has one."""

    class Meta:
        model = HomePage

    @classmethod
    def _create(cls, model_class: type[HomePage], *args: Any, **values: Any) -> HomePage:
        home = home_page()
        for name, value in values.items():
            setattr(home, name, value)
        home.save()
        return home


class _BelowHomeFactory(PageFactory):
    class Meta:
        abstract = True

    parent = factory.LazyFunction(home_page)


class BodyAreaPageFactory(_BelowHomeFactory):
    class Meta:
        model = BodyAreaPage

    title = factory.Sequence("Thigh {}".format)


def thigh() -> BodyAreaPage:
    """A body area for articles to which theirs is all the same: each test makes it once."""
    return BodyAreaPage.objects.filter(slug="thigh").first() or BodyAreaPageFactory(title="Thigh")


class InformationPageFactory(_BelowHomeFactory):
    class Meta:
        model = InformationPage

    title = factory.Sequence("Policy {}".format)


class ConditionPageFactory(_BelowHomeFactory):
    """A live article. `blocks`: its body, made with the functions above. `draft=True`: it was never live."""

    class Meta:
        model = ConditionPage

    title = factory.Sequence("Hamstring strain {}".format)
    parent = factory.LazyFunction(BodyAreaPageFactory)

    @classmethod
    def _create(cls, model_class: type[ConditionPage], *args: Any, **values: Any) -> ConditionPage:
        blocks: Iterable[dict[str, Any]] = values.pop("blocks", ())
        authors: Iterable[Author] = values.pop("authors", ())
        is_draft: bool = values.pop("draft", False)
        parent: Page = values["parent"]
        page = super()._create(
            model_class, *args, body=json.dumps(list(blocks)), locale_id=parent.locale_id, **values
        )
        page.authors.set(authors)
        revision = page.save_revision(clean=False)  # as Wagtail's form does, for adding the page checked it
        if not is_draft:
            revision.publish()
            page.refresh_from_db()
        return page


def live(page: Page) -> Any:
    """The page as readers get it, read afresh."""
    return Page.objects.get(pk=page.pk).specific


def sign_off(
    page: ConditionPage, reviewer: Reviewer | None = None, *, on: datetime.date | None = None
) -> MedicalReview:
    """A sign-off through the signing service, at noon of a day; now, if none or today is given."""
    reviewer = reviewer or ReviewerFactory()
    now = timezone.now()
    if on is not None and on != timezone.localdate(now):
        now = timezone.make_aware(datetime.datetime.combine(on, datetime.time(12)))
    return sign(page, user=reviewer.user, checklist=dict.fromkeys(CHECKLIST, True), now=now)


def reviewed_article(
    reviewer: Reviewer | None = None, *, on: datetime.date | None = None, **values: Any
) -> ConditionPage:
    """A live article that its sign-off published. Who needs it live before makes it, then signs it off."""
    page: ConditionPage = ConditionPageFactory(draft=True, **values)
    sign_off(page, reviewer, on=on)
    page.refresh_from_db()
    return page
