"""Where products meet retailers: finding or making what an import names."""

from __future__ import annotations

import datetime
import re
from itertools import chain, count

from django.utils.text import slugify
from wagtail.log_actions import log

from products.destinations import NOT_TO_BE_FETCHED, may_be_fetched
from products.models import Check, Checking, Offer, Product, Region, Retailer

CHECKS_KEPT = datetime.timedelta(days=90)

_BARRED_NAMES = frozenset(domain.partition(".")[0] for domain in NOT_TO_BE_FETCHED)
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")


def named_region(label: str) -> tuple[Region, list[str]]:
    """The region that a text means, made if it is new; and what a person should look at.

    A text without a region means the default one. Raises `Region.DoesNotExist` if no region is the default.
    """
    if not label:
        region = Region.objects.get(is_default=True)
        return region, [f"A shop stands without a region: {region} was taken."]
    known = Region.named(label) or Region.named(label.replace(".", ""))  # "U.K."
    if known is not None:
        return known, []
    region = Region.objects.create(code=_free_code(label), name=label, sort_order=100)
    log(region, "wagtail.create")
    return region, [f'Region "{label}" is new: give it a short code, its countries and its currency.']


def _free_code(label: str) -> str:
    """A region code that is not taken, made of the label's letters and digits where it has any."""
    wanted = slugify(label).upper().lstrip("0123456789-")[:17].rstrip("-") or "REGION"
    codes = chain([wanted], (f"{wanted}-{number}" for number in count(2)))
    return next(code for code in codes if not Region.objects.filter(code__iexact=code).exists())


def named_retailer(name: str, region_label: str) -> tuple[Retailer, list[str]]:
    """The retailer that a text means, made if it is new; and what a person should look at.

    Raises `ValidationError` for a name that no retailer may have.
    """
    region, asked = named_region(region_label)
    known = Retailer.objects.filter(name__iexact=name, region=region).first()
    if known is not None:
        return known, asked
    domain = name.lower()
    domains = [domain] if _DOMAIN.fullmatch(domain) else []
    is_barred = not may_be_fetched(domain) or not _BARRED_NAMES.isdisjoint(re.findall(r"\w+", domain))
    checking = Checking.HUMAN if is_barred else Checking.FETCH
    retailer = Retailer(name=name, region=region, domains=domains, checking=checking)
    retailer.full_clean()
    retailer.save()
    log(retailer, "wagtail.create")
    return retailer, [*asked, f"Retailer {retailer} is new: choose its programme, or its links earn nothing."]


def place_offer(product: Product, retailer: Retailer) -> tuple[Offer, bool]:
    """The offer of a product at a retailer; a draft without an address if there was none. True if made."""
    offer, made = Offer.objects.get_or_create(product=product, retailer=retailer)
    if made:
        log(offer, "wagtail.create")
    return offer, made


def prune_checks(*, now: datetime.datetime, keep: datetime.timedelta = CHECKS_KEPT, batch: int = 5000) -> int:
    """Delete looks older than `keep`, in batches that hold no lock for long. Returns how many."""
    pruned = 0
    while True:
        old = Check.objects.filter(at__lt=now - keep).order_by("at").values("pk")[:batch]
        deleted, _ = Check.objects.filter(pk__in=old).delete()
        pruned += deleted
        if deleted < batch:
            return pruned
