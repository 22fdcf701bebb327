"""A row that ends every worker which looks at it."""

import pytest

from products.attempts import MOST_ATTEMPTS
from tests.faults.conftest import Stager
from tests.faults.scene import Scene

pytestmark = [pytest.mark.faults, pytest.mark.django_db]

POISONED = "https://shop-3.example/1"
SCENE = Scene(shops=5, offers=20, pace=0.2, poisoned=POISONED)


def test_a_row_that_kills_its_worker_is_quarantined_after_five_attempts_and_the_others_go_on(stage: Stager):
    """The worker process is killed whenever the shop is asked for that page, as a page that crashes our parser would."""
    on = stage(SCENE, tempo=0.00003)
    group = on.start_workers()
    on.wait_until(lambda: on.has_children(group), seconds=40)
    for attempt in range(1, MOST_ATTEMPTS + 1):
        on.tick()
        on.wait_until(lambda attempt=attempt: on.ask_shops(POISONED) == attempt, seconds=20)
        on.let_leases_run_out(on.kill_children(group))
    on.start_beat()
    on.wait_until(lambda: on.strayed() == {}, seconds=60)
    assert on.sql(
        "SELECT destination, attempts, next_check_at FROM products_offer WHERE quarantined_at IS NOT NULL"
    ) == [(POISONED, MOST_ATTEMPTS, None)]
    assert on.ask_shops(POISONED) == MOST_ATTEMPTS
    assert on.ask_shops("report")["crowded"] == {}
