"""What the product library does with whole sets of rows."""

from __future__ import annotations

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from products.models import Check
from products.services import CHECKS_KEPT, prune_checks
from tests.factories import OfferFactory

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def test_old_looks_are_forgotten_in_batches_and_newer_ones_kept():
    offer = OfferFactory()
    ages = [CHECKS_KEPT + datetime.timedelta(minutes=number + 1) for number in range(23)]
    kept = Check.objects.create(offer=offer, at=NOW - CHECKS_KEPT, seconds=0.1, outcome="healthy")
    Check.objects.bulk_create(
        Check(offer=offer, at=NOW - age, seconds=0.1, outcome="healthy") for age in ages
    )
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert prune_checks(now=NOW, batch=10) == 23
    assert list(Check.objects.all()) == [kept]
    deletions = [query["sql"] for query in asked if query["sql"].startswith("DELETE")]
    assert len(deletions) == 3  # 10, 10 and 3
    assert all("LIMIT 10" in sql for sql in deletions)


def test_nothing_old_is_nothing_forgotten():
    assert prune_checks(now=NOW) == 0
