"""Shops, and the affiliate schemes that pay."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils.functional import cached_property
from modelcluster.models import ClusterableModel
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.search import index

from products import programmes
from products.api_access import why_not
from products.clock import database_now
from products.destinations import may_be_fetched
from products.models.regions import Region


class Programme(index.Indexed, models.Model):
    """An affiliate scheme in one region, with the publisher's identity in it."""

    name = models.CharField(max_length=120, unique=True, help_text='For instance "Amazon Associates UK".')
    network = models.CharField(
        max_length=20, choices=[(slug, adapter.label) for slug, adapter in programmes.ADAPTERS.items()]
    )
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="programmes")
    identity = models.JSONField(
        "identity",
        default=dict,
        help_text='What the network asks for, as JSON: {"marketplace": "amazon.co.uk", "tag": "example-21"}. The message below says what is missing.',
    )

    panels = [
        FieldPanel("name"),
        FieldRowPanel([FieldPanel("network"), FieldPanel("region")]),
        FieldPanel("identity"),
    ]
    search_fields = [index.SearchField("name"), index.AutocompleteField("name")]

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; what was proven of links with another identity is forgotten."""
        with transaction.atomic():
            row = Programme.objects.select_for_update().filter(pk=self.pk)
            before = row.values_list("network", "identity").first()
            super().save(*args, **kwargs)
            if before is not None and before != (self.network, self.identity):
                for retailer in self.retailers.all():
                    retailer.forget_identities()

    @property
    def adapter(self) -> programmes.Adapter:
        return programmes.adapter(self.network)

    def clean(self) -> None:
        if not self.network or self.region_id is None:
            return
        if not isinstance(self.identity, dict) or not all(
            isinstance(value, str) for value in self.identity.values()
        ):
            raise ValidationError(
                {"identity": 'Give the identity as JSON with texts, such as {"tag": "example-21"}.'}
            )
        try:
            self.adapter.validate(self.identity, self.region.code)
        except programmes.ProgrammeError as error:
            raise ValidationError(
                {"identity": f"{error.field}: {error.sentence}" if error.field else error.sentence}
            ) from error


class Checking(models.TextChoices):
    """How a retailer's pages may be looked at."""

    FETCH = "fetch", "Fetched by our checker"
    API = "api", "Through the retailer's API"
    HUMAN = "human", "By a person only"


class Retailer(index.Indexed, ClusterableModel):
    """A shop in one region, as readers know it."""

    name = models.CharField(max_length=120, help_text='As readers know it: "UPMedical.co.uk".')
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="retailers")
    domains = ArrayField(
        models.CharField(max_length=253),
        default=list,
        blank=True,
        help_text="Where its pages live, separated by commas: example.co.uk, shop.example.co.uk.",
    )
    programme = models.ForeignKey(
        Programme,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="retailers",
        help_text="Empty: links here earn nothing.",
    )
    checking = models.CharField(max_length=8, choices=Checking.choices, default=Checking.FETCH)
    pace = models.DecimalField(
        max_digits=6,
        decimal_places=2,
        default=Decimal("2"),
        validators=[MinValueValidator(Decimal("0.1")), MaxValueValidator(Decimal(3600))],
        help_text="The least number of seconds between two requests to this shop.",
    )
    notes = models.TextField(blank=True)

    panels = [
        FieldRowPanel([FieldPanel("name"), FieldPanel("region")]),
        FieldPanel("domains"),
        FieldPanel("programme"),
        MultiFieldPanel([FieldPanel("checking"), FieldPanel("pace")], heading="How it may be checked"),
        FieldPanel("notes"),
    ]
    search_fields = [
        index.SearchField("name"),
        index.AutocompleteField("name"),
        index.FilterField("region"),
        index.FilterField("checking"),
    ]

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["name", "region"], name="retailer_once_in_a_region")]

    def __str__(self) -> str:
        return f"{self.name} ({self.region.code})"

    def clean(self) -> None:
        self.domains = [domain.strip().lower().rstrip(".") for domain in self.domains if domain.strip()]
        if (
            self.programme is not None
            and self.region_id is not None
            and self.programme.region_id != self.region_id
        ):
            raise ValidationError(
                {
                    "programme": f"{self.programme} is for {self.programme.region}, this shop is in {self.region}."
                }
            )
        programme_allows = self.programme is None or self.programme.adapter.may_be_fetched
        if self.checking == Checking.FETCH and not (
            programme_allows and all(map(may_be_fetched, self.domains))
        ):
            raise ValidationError(
                {"checking": "This shop's terms forbid fetching its pages: choose the API or a person."}
            )
        if self.checking == Checking.API:
            network = self.programme.network if self.programme else ""
            if sentence := why_not(network, self.affiliate_settings):
                raise ValidationError({"checking": sentence})

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; its offers are due only where our checker may look at them, and at once if its programme changed.

        A look that is under way is not written down where the shop was given to people meanwhile.
        """
        with transaction.atomic():
            row = Retailer.objects.select_for_update().filter(pk=self.pk)
            before = row.values_list("programme", flat=True).first() if self.pk else None
            is_new = self._state.adding
            super().save(*args, **kwargs)
            if not is_new and before != self.programme_id:
                self.forget_identities()
            if self.checking != Checking.HUMAN:
                unasked = self.offers.filter(next_check_at__isnull=True, quarantined_at__isnull=True)
                unasked.exclude(destination="").update(next_check_at=Now())
            else:
                asked = self.offers.filter(next_check_at__isnull=False)
                asked.update(next_check_at=None, version=models.F("version") + 1)

    def forget_identities(self) -> None:
        """What was proven of links with another identity says nothing of today's: they are looked at anew."""
        from products.judgements import forget_identities  # it reads the models of this package

        forget_identities(self.offers.all(), now=database_now())

    @cached_property
    def regional_domains(self) -> list[str]:
        """Where shops of the same name stand in other regions. Asked of the database once."""
        namesakes = Retailer.objects.filter(name__iexact=self.name).exclude(region=self.region_id)
        return [domain for domains in namesakes.values_list("domains", flat=True) for domain in domains]

    def build(self, destination: str, *, sub_id: str = "") -> str:
        """The address that carries our identity; the plain destination where no programme pays."""
        if self.programme is None:
            return destination
        return programmes.build(self.programme.network, self.programme.identity, destination, sub_id)

    @property
    def affiliate_settings(self) -> dict[str, Any]:
        return self.programme.identity if self.programme else {}
