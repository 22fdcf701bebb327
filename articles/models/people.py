"""Who writes, and who vouches."""

from __future__ import annotations

import datetime

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.search import index

from products.models import Retailer


class User(AbstractUser):
    """An account. People who signed are deactivated, not deleted."""

    email = models.EmailField("email address", unique=True)

    class Meta(AbstractUser.Meta):
        pass

    def __str__(self) -> str:
        return self.get_full_name() or self.get_username()


class Author(index.Indexed, models.Model):
    """Who wrote an article, as readers see it."""

    name = models.CharField(max_length=120, unique=True)
    role = models.CharField(max_length=120, blank=True, help_text='For instance "Health writer".')
    bio = models.TextField(blank=True, max_length=600)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="author"
    )

    panels = [FieldRowPanel([FieldPanel("name"), FieldPanel("role")]), FieldPanel("bio"), FieldPanel("user")]
    search_fields = [index.SearchField("name"), index.AutocompleteField("name")]

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Reviewer(index.Indexed, ClusterableModel):
    """A clinician who signs. The account is theirs alone: nobody signs for another."""

    honorific = models.CharField(max_length=20, blank=True, help_text='"Dr", "Mr", "Professor"…')
    name = models.CharField(max_length=120, unique=True, help_text="Without the honorific.")
    slug = models.SlugField(max_length=120, unique=True)
    profession = models.CharField(max_length=160, help_text='For instance "Consultant Orthopaedic Surgeon".')
    bio = models.TextField(blank=True, max_length=600)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="reviewer"
    )
    is_active = models.BooleanField("may sign", default=True)
    minutes_per_month = models.PositiveSmallIntegerField(
        "minutes a month", null=True, blank=True, help_text="For reviews, for the forecast. Empty: not known."
    )

    panels = [
        FieldRowPanel([FieldPanel("honorific"), FieldPanel("name"), FieldPanel("slug")]),
        FieldPanel("profession"),
        FieldPanel("bio"),
        MultiFieldPanel([FieldPanel("user"), FieldPanel("is_active")], heading="Account"),
        InlinePanel("credentials", heading="Credentials", label="Credential"),
        InlinePanel("interests", heading="Declared interests", label="Interest"),
        MultiFieldPanel(
            [FieldPanel("minutes_per_month"), InlinePanel("leaves", label="Leave")],
            heading="Time for reviews",
        ),
    ]
    search_fields = [
        index.SearchField("name"),
        index.AutocompleteField("name"),
        index.FilterField("is_active"),
    ]

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        return f"{self.honorific} {self.name}".strip()

    def credential_on(self, day: datetime.date) -> Credential | None:
        """The credential that lets them sign on a day: verified, and not expired."""
        return next((credential for credential in self.credentials.all() if credential.valid_on(day)), None)


class Credential(models.Model):
    """A registration with a regulator, verified by an editor."""

    reviewer = ParentalKey(Reviewer, on_delete=models.CASCADE, related_name="credentials")
    regulator = models.CharField(max_length=120, help_text='For instance "General Medical Council (GMC)".')
    number = models.CharField("registration number", max_length=40)
    verified_on = models.DateField(
        null=True, blank=True, help_text="The day somebody looked it up in the regulator's register."
    )
    expires_on = models.DateField(null=True, blank=True, help_text="Empty if it does not expire.")

    panels = [
        FieldRowPanel([FieldPanel("regulator"), FieldPanel("number")]),
        FieldRowPanel([FieldPanel("verified_on"), FieldPanel("expires_on")]),
    ]

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["regulator", "number"], name="registration_once")]

    def __str__(self) -> str:
        return f"{self.regulator} {self.number}"

    def valid_on(self, day: datetime.date) -> bool:
        verified = self.verified_on is not None and self.verified_on <= day
        return verified and (self.expires_on is None or self.expires_on >= day)


class Interest(models.Model):
    """An interest in a retailer, which keeps its holder from signing articles that lead there."""

    reviewer = ParentalKey(Reviewer, on_delete=models.CASCADE, related_name="interests")
    retailer = models.ForeignKey(Retailer, on_delete=models.PROTECT, related_name="+")
    what = models.CharField("what it is", max_length=255, help_text='For instance "Paid adviser since 2024".')
    declared_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)

    panels = [
        FieldRowPanel([FieldPanel("retailer"), FieldPanel("what")]),
        FieldRowPanel([FieldPanel("declared_on"), FieldPanel("ended_on")]),
    ]

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=models.F("declared_on")),
                name="interest_ends_after_it_began",
            )
        ]

    def __str__(self) -> str:
        return f"{self.what} ({self.retailer})"

    def holds_on(self, day: datetime.date) -> bool:
        return self.ended_on is None or self.ended_on >= day
