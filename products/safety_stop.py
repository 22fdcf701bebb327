"""The safety stop: no page offers a product any more, and a notice stands in its place. It can be undone."""

from __future__ import annotations

import datetime
from typing import Any

from django.db import transaction
from wagtail.log_actions import log

from products import freshness
from products.log_actions import LIFT, STOP
from products.models import Product

MAY_STOP = "products.withdraw_product"


class SafetyStopRefused(Exception):
    """Why a product stays as it is, in words."""


@transaction.atomic
def stop(product: Product, *, reason: str, user: Any, now: datetime.datetime) -> Product:
    """Withdraw a product from every page. Readers are told `reason`; who and when stand in the audit log.

    Raises `SafetyStopRefused` without a reason, or if it is withdrawn already.
    """
    reason = reason.strip()
    if not reason:
        raise SafetyStopRefused("Say why: readers are told.")
    product = Product.objects.select_for_update().get(pk=product.pk)
    if product.is_withdrawn:
        raise SafetyStopRefused(f"{product} is withdrawn already.")
    _write(product, at=now, reason=reason)
    log(product, STOP, user=user, data={"reason": reason})
    return product


@transaction.atomic
def lift(product: Product, *, reason: str, user: Any) -> Product:
    """Undo the stop: the product is what it was before. `reason` stands in the audit log.

    Raises `SafetyStopRefused` without a reason, or if it is not withdrawn.
    """
    reason = reason.strip()
    if not reason:
        raise SafetyStopRefused("Say why it may be offered again.")
    product = Product.objects.select_for_update().get(pk=product.pk)
    if not product.is_withdrawn:
        raise SafetyStopRefused(f"{product} is not withdrawn.")
    _write(product, at=None, reason="")
    log(product, LIFT, user=user, data={"reason": reason})
    return product


def _write(product: Product, *, at: datetime.datetime | None, reason: str) -> None:
    """Nothing else of the product is touched, so that undoing leaves no trace on it."""
    product.withdrawn_at, product.withdrawn_reason = at, reason
    Product.objects.filter(pk=product.pk).update(withdrawn_at=at, withdrawn_reason=reason)
    freshness.bump()
