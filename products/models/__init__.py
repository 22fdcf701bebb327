"""The product library: regions, retailers, offers, and what the link checks found."""

from products.models.alarms import Alarm, AlarmKind
from products.models.catalogue import Product, ProductKind
from products.models.checks import Check, Flip
from products.models.clicks import Clicks
from products.models.freshness import Generation
from products.models.hosts import Host
from products.models.link_notices import LinkNews, LinkNotice
from products.models.mass_checks import AskedOffer, MassCheck
from products.models.offers import Offer
from products.models.pictures import Picture, Rendition
from products.models.regions import Region
from products.models.retailers import Checking, Programme, Retailer

__all__ = [
    "Alarm",
    "AlarmKind",
    "AskedOffer",
    "Check",
    "Checking",
    "Clicks",
    "Flip",
    "Generation",
    "Host",
    "LinkNews",
    "LinkNotice",
    "MassCheck",
    "Offer",
    "Picture",
    "Product",
    "ProductKind",
    "Programme",
    "Region",
    "Rendition",
    "Retailer",
]
