"""One product at one retailer: the link."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.indexes import HashIndex
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.search import index

from products import programmes
from products.addresses import UnsafeAddress
from products.clock import database_now
from products.destinations import check_destination, host_key, may_be_fetched
from products.linkcheck.health import Health, forget
from products.linkcheck.reading import read_identity
from products.linkcheck.verdict import Buyable, Identity, Judgement, Outcome, Reachable
from products.models.catalogue import Product
from products.models.fields import AddressField
from products.models.hosts import Host
from products.models.retailers import Checking, Retailer
from products.programmes.address import host
from products.querysets import OfferQuerySet


def _choices(
    states: type[Reachable] | type[Identity] | type[Buyable] | type[Outcome],
) -> list[tuple[str, str]]:
    return [(state.value, state.value.replace("_", " ").capitalize()) for state in states]


_CAN_BE_DUE = Q(next_check_at__isnull=False, quarantined_at__isnull=True, enabled=True)


class Offer(index.Indexed, models.Model):
    """A product at a retailer. Editors give the plain address; the tracked one is computed.

    Without an address it is a draft: never checked, never linked; readers see the shop's name.
    Saving only says when the next check is due. The link checks write the three axes of health,
    by compare-and-set on `version`.
    """

    product = ParentalKey(Product, on_delete=models.CASCADE, related_name="offers")
    retailer = models.ForeignKey(Retailer, on_delete=models.PROTECT, related_name="offers")
    destination = AddressField(
        "product address",
        max_length=2048,
        blank=True,
        help_text="The ordinary address of the product's page at the shop. Our identity is added by the programme.",
    )
    priority = models.SmallIntegerField(
        default=0, help_text="Lower comes first within a region. Commission plays no part."
    )
    enabled = models.BooleanField(default=True)

    price = models.DecimalField(
        max_digits=9, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    price_source = models.CharField(max_length=120, blank=True, editable=False)
    price_at = models.DateTimeField(null=True, blank=True, editable=False)

    host = models.ForeignKey(
        Host, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="offers"
    )
    judged_destination = models.CharField(max_length=2048, blank=True, editable=False)
    reachable = models.CharField(
        max_length=16, choices=_choices(Reachable), default=Reachable.UNKNOWN.value, editable=False
    )
    identity = models.CharField(
        max_length=16, choices=_choices(Identity), default=Identity.UNKNOWN.value, editable=False
    )
    buyable = models.CharField(
        max_length=20, choices=_choices(Buyable), default=Buyable.UNKNOWN.value, editable=False
    )
    outcome = models.CharField(
        "last outcome",
        max_length=24,
        choices=_choices(Outcome),
        blank=True,
        editable=False,
        validators=[MaxLengthValidator(24)],
    )
    health_memory = models.JSONField(
        default=dict, editable=False
    )  # what `linkcheck.health` remembers between looks
    baseline = models.JSONField(null=True, blank=True, editable=False)  # the facts of the first good look
    bad_fingerprint = models.CharField(
        max_length=32, blank=True, editable=False
    )  # of the last result that found something bad: what a person may call harmless
    dismissal = models.JSONField(
        null=True, blank=True, editable=False
    )  # that result called harmless: fingerprint, axes, reason, who and when
    unverifiable_since = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Since when no look could tell anything."
    )
    human_checked_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When a person last looked."
    )
    last_checked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_reached_at = models.DateTimeField(null=True, blank=True, editable=False)
    tracked_probe_at = models.DateTimeField(null=True, blank=True, editable=False)
    changed_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When its health last changed."
    )
    next_check_at = models.DateTimeField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    quarantined_at = models.DateTimeField(null=True, blank=True, editable=False)
    version = models.PositiveBigIntegerField(default=0, editable=False)

    objects: ClassVar[OfferQuerySet] = OfferQuerySet.as_manager()  # type: ignore[assignment]  # as_manager() is the queryset's verbs

    panels = [
        FieldRowPanel([FieldPanel("product"), FieldPanel("retailer")]),
        FieldPanel("destination"),
        MultiFieldPanel([FieldRowPanel([FieldPanel("priority"), FieldPanel("enabled")])], heading="Placing"),
        FieldPanel("price"),
    ]
    search_fields = [
        index.SearchField("destination"),
        index.AutocompleteField("destination"),
        index.RelatedFields("product", [index.SearchField("name"), index.AutocompleteField("name")]),
        index.RelatedFields("retailer", [index.SearchField("name"), index.AutocompleteField("name")]),
        index.FilterField("reachable"),
        index.FilterField("identity"),
        index.FilterField("buyable"),
    ]

    class Meta:
        ordering = ["product__name", "priority", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "retailer"],
                name="offer_once_at_a_retailer",
                violation_error_message="This product has an offer at this retailer already.",
            ),
            models.CheckConstraint(
                condition=Q(next_check_at__isnull=True) | ~Q(destination=""),
                name="draft_offers_are_never_checked",
            ),
        ]
        indexes = [
            # All that `due` asks is in the condition, so that claiming work reads these indexes and not the rows.
            models.Index(fields=["host", "next_check_at"], name="offer_due_by_host", condition=_CAN_BE_DUE),
            models.Index(fields=["next_check_at"], name="offer_due", condition=_CAN_BE_DUE),
            models.Index(fields=["id"], name="offer_flaky", condition=Q(health_memory__has_key="flaky")),
            HashIndex(fields=["destination"], name="offer_by_destination"),
            models.Index(
                fields=["unverifiable_since"],
                name="offer_unverifiable",
                condition=Q(unverifiable_since__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product} at {self.retailer}"

    def clean(self) -> None:
        if not self.destination:
            return
        settings = self.retailer.affiliate_settings if self.retailer_id else {}
        plain, _link = programmes.untrack(self.destination, settings)
        network = programmes.recognise(plain)
        if network is not None:
            sentence = f"This is a {network.label} link that does not show where it leads. Open it and paste the shop's own address."
            raise ValidationError({"destination": sentence})
        try:
            self.destination = check_destination(programmes.without_click_ids(plain))
        except UnsafeAddress as error:
            raise ValidationError({"destination": str(error)}) from error
        if self.retailer_id is None:
            return
        if self.retailer.checking == Checking.FETCH and not may_be_fetched(host(self.destination)):
            sentence = f"Robots may not open this address, and {self.retailer} is fetched by our checker: change how the shop is checked first."
            raise ValidationError({"destination": sentence})
        domains = self.retailer.domains
        if domains and host_key(self.destination) not in {
            host_key(f"https://{domain}/") for domain in domains
        }:
            raise ValidationError(
                {
                    "destination": f"This address is not at {self.retailer}, whose pages live at {', '.join(domains)}."
                }
            )
        try:
            self.retailer.build(self.destination)
        except programmes.ProgrammeError as error:
            raise ValidationError({"destination": error.sentence}) from error

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save what the editor gave. Health is written here only to forget it, when the address or the shop changed.

        The row says which address was judged, not this instance: an old revision brings old memories along.
        """
        if self._state.adding or kwargs.get("force_insert"):
            if self.destination != self.judged_destination:
                self._forget_health()
            super().save(*args, **kwargs)
            return
        with transaction.atomic():
            row = Offer.objects.select_for_update().filter(pk=self.pk)
            found = row.values_list(
                "judged_destination", "version", "price_source", "health_memory", "retailer"
            ).first()
            unknown: tuple[Any, ...] = ("", self.version, "", {}, self.retailer_id)
            self.judged_destination, self.version, source, memory, retailer = found or unknown
            named = kwargs.get("update_fields")
            if (
                source and named is None
            ):  # the price is the shop's own word, and an old revision has an old one
                named = [name for name in self._EDITOR_FIELDS if name != "price"]
                kwargs["update_fields"] = named
            has_moved = retailer != self.retailer_id and (named is None or "retailer" in named)
            if self.destination != self.judged_destination or has_moved:
                self._forget_health()
                kwargs["update_fields"] = {
                    *(self._EDITOR_FIELDS if named is None else named),
                    *self._HEALTH_FIELDS,
                }
                self._keep_flips(Health.read(memory))
            elif named is None:
                kwargs["update_fields"] = self._EDITOR_FIELDS  # health belongs to whoever looked meanwhile
            super().save(*args, **kwargs)

    _EDITOR_FIELDS = ("product", "retailer", "destination", "priority", "enabled", "price")
    _HEALTH_FIELDS = (
        "host", "judged_destination", "reachable", "identity", "buyable", "outcome", "health_memory", "baseline",
        "bad_fingerprint", "dismissal", "unverifiable_since", "human_checked_at",
        "last_checked_at", "last_reached_at", "tracked_probe_at", "changed_at", "next_check_at", "attempts", "quarantined_at", "version",
    )  # fmt: skip

    def _forget_health(self) -> None:
        """What was seen at another address, or of another shop's link, says nothing of this one: unknown, and due now."""
        self.judged_destination = self.destination
        self.reachable = Reachable.UNKNOWN.value
        self.identity = Identity.UNKNOWN.value
        self.buyable = Buyable.UNKNOWN.value
        self.outcome = ""
        self.health_memory = {}
        self.baseline = self.dismissal = None
        self.bad_fingerprint = ""
        self.unverifiable_since = self.human_checked_at = None
        self.last_checked_at = self.last_reached_at = self.tracked_probe_at = None
        self.changed_at = self.quarantined_at = None
        self.attempts = 0
        self.version += 1
        if self.destination:
            self.host, _ = Host.objects.get_or_create(key=host_key(self.destination))
            self.next_check_at = None if self.retailer.checking == Checking.HUMAN else database_now()
            read = self.read_identity()
            if read is not None:
                self.identity = read.identity.value
                self.health_memory = Health(identity=read.identity).to_json()
        else:
            self.host = None
            self.next_check_at = None

    def _keep_flips(self, before: Health) -> None:
        """A health that is forgotten has changed, and every change is kept."""
        from products.checkbook import write_flips  # it reads the models of this package

        now = database_now()
        write_flips(self, forget(before, now=now, identity=Identity(self.identity)), now=now)

    @property
    def is_draft(self) -> bool:
        return not self.destination

    def read_identity(self) -> Judgement | None:
        """What the link's address tells of our identity, at shops that robots may not ask. None elsewhere."""
        programme = self.retailer.programme
        if programme is None or programme.adapter.may_be_fetched or not self.destination:
            return None
        return read_identity(programme.adapter, programme.identity, self.destination)

    def tracked_address(self, *, sub_id: str = "") -> str:
        """The address that carries our identity. Raises `programmes.ProgrammeError`."""
        return self.retailer.build(self.destination, sub_id=sub_id)
