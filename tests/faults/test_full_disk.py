"""A disk without room for PostgreSQL."""

import pytest

from products.attempts import MOST_ATTEMPTS
from tests.faults.conftest import Stager
from tests.faults.scene import Scene
from tests.faults.test_checks_survive import all_is_as_without_a_fault

pytestmark = [pytest.mark.faults, pytest.mark.django_db]

SCENE = Scene(shops=20, offers=60, pace=0.3)
FAILED = "check_due_links.*raised unexpected.*(No space left on device|File too large)"


def test_a_full_disk_delays_checks_and_sets_none_aside(stage: Stager):
    """Not being able to write down what was seen is no fault of the row, however often it comes."""
    on = stage(SCENE, tempo=0.00003)
    on.fill_disk()
    on.start_workers()
    for rounds in range(1, MOST_ATTEMPTS + 3):
        on.tick()
        on.wait_until(lambda rounds=rounds: on.logged("links", FAILED) >= rounds, seconds=40)
    assert on.sql("SELECT destination FROM products_offer WHERE quarantined_at IS NOT NULL") == []
    on.let_leases_run_out(on.make_room_on_disk())
    on.start_beat()
    all_is_as_without_a_fault(on, seconds=60)
