"""Whom an attempt without an answer is charged to."""

import psycopg
import pytest
from django.db import DatabaseError

from products.attempts import is_databases_own, take_back
from products.models import Offer
from tests.factories import OfferFactory

REASONS = psycopg.errors


@pytest.mark.parametrize(
    ("cause", "own"),
    [
        (REASONS.DiskFull(), True),
        (REASONS.AdminShutdown(), True),
        (REASONS.CrashShutdown(), True),
        (REASONS.DeadlockDetected(), True),
        (REASONS.IoError(), True),
        (REASONS.InternalError_(), True),
        (psycopg.OperationalError("the server closed the connection unexpectedly"), True),
        (REASONS.UniqueViolation(), False),
        (REASONS.StringDataRightTruncation(), False),
        (REASONS.UntranslatableCharacter(), False),
        (REASONS.ProgramLimitExceeded(), False),
        (REASONS.DataCorrupted(), False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_only_what_any_row_would_have_met_is_the_databases_own(cause, own):
    with pytest.raises(DatabaseError) as raised:
        raise DatabaseError from cause
    assert is_databases_own(raised.value) is own


@pytest.mark.django_db
def test_an_attempt_taken_back_leaves_earlier_ones_counted():
    _, thrice = OfferFactory(), OfferFactory()
    Offer.objects.filter(pk=thrice.pk).update(attempts=3)
    take_back(Offer.objects.all())
    assert list(Offer.objects.order_by("pk").values_list("attempts", flat=True)) == [0, 2]
