"""Checks while workers are killed and frozen, servers stop and clocks are wrong: none is lost, none is doubled."""

import time

import pytest

from tests.faults.conftest import Stager
from tests.faults.scene import Scene
from tests.faults.stage import Stage

pytestmark = [pytest.mark.faults, pytest.mark.django_db]  # the session's database lends its tables

SMALL = Scene(shops=20, offers=140, pace=0.3)
LARGE = Scene(shops=2_000, offers=10_000, pace=0.5)


def test_no_check_is_lost_or_doubled_while_everything_fails_in_one_run(stage: Stager):
    on = stage(SMALL, tempo=0.00003)
    on.tick()
    killed = on.start_workers("killed", hours_off=-1)
    for name in ("beat", "second-beat"):
        on.start_beat(name)
    share = SMALL.offers // 10
    looked_at_least(on, share)
    on.let_leases_run_out(on.kill(killed))
    frozen = on.start_workers("frozen", hours_off=1)
    on.flush_broker()
    on.tick()
    looked_at_least(on, 3 * share)
    frozen_at = on.freeze(frozen)
    on.start_workers("other")
    on.let_leases_run_out(frozen_at)
    on.stop_broker()
    on.start_broker()
    on.tick()
    looked_at_least(on, 5 * share)
    on.thaw(frozen)
    on.let_leases_run_out(stop_and_start_database(on))
    all_is_as_without_a_fault(on, seconds=60)


@pytest.mark.full
@pytest.mark.parametrize(
    "fault",
    [
        "none",
        "workers killed",
        "workers killed and their leases left to run out",
        "broker flushed",
        "broker stopped",
        "database stopped",
        "two beats",
        "worker frozen for longer than its lease",
        "worker's clock an hour behind",
        "worker's clock an hour ahead",
        "everything",
    ],
)
def test_no_check_is_lost_or_doubled_under(fault: str, stage: Stager):
    on = stage(LARGE, tempo=0.002)
    everything = fault == "everything"
    behind, ahead = ("clock an hour" in fault and fault.endswith(way) for way in ("behind", "ahead"))
    workers = on.start_workers("links", hours_off=ahead - behind)
    on.start_beat()
    if everything or fault == "two beats":
        on.start_beat("second-beat")
    for tenth in (1, 2, 3):
        looked_at_least(on, tenth * LARGE.offers // 10, seconds=1200)
        if everything or fault.startswith("workers killed"):
            killed = on.kill(workers)
            if "left to run out" not in fault:
                on.let_leases_run_out(killed)
            workers = on.start_workers(f"links-{tenth}")
        if everything or fault == "broker flushed":
            on.flush_broker()
        if everything or fault == "broker stopped":
            on.stop_broker()
            time.sleep(3)
            on.start_broker()
        if everything or fault == "database stopped":
            on.let_leases_run_out(stop_and_start_database(on))
    if everything or fault.startswith("worker frozen"):
        on.freeze(workers)
        on.start_workers("other")
        time.sleep(100)
        on.thaw(workers)
    all_is_as_without_a_fault(
        on, seconds=3600
    )  # a busy machine takes its time, and time is not what is tested


def looked_at_least(on: Stage, offers: int, *, seconds: float = 40) -> None:
    on.wait_until(lambda: on.looked_at() >= offers, seconds=seconds)


def stop_and_start_database(on: Stage):
    stopped = on.stop_database_at_once()
    on.start_database()
    return stopped


def all_is_as_without_a_fault(on: Stage, *, seconds: float) -> None:
    """Wait until every offer has the health it would have, then look at the books."""
    began = time.monotonic()
    while strayed := on.strayed():
        assert time.monotonic() < began + seconds, (
            f"{len(strayed)} strayed (logs in {on.folder}): {list(strayed.items())[:8]}"
        )
        time.sleep(0.5)
    report = on.ask_shops("report")
    looks = on.sql("SELECT count(*) FROM ledger")[0][0]
    print(f"{looks} looks, {report['requests']} requests to {report['hosts']} hosts")
    assert on.sql("SELECT offer_id, due, count(*) FROM ledger GROUP BY 1, 2 HAVING count(*) > 1") == []
    assert on.sql("SELECT * FROM ledger WHERE due IS NULL OR written < due") == []
    assert (
        on.sql(
            "SELECT offer_id, looks.n, checks.n FROM (SELECT offer_id, count(*) n FROM ledger GROUP BY 1) looks"
            " FULL JOIN (SELECT offer_id, count(*) n FROM products_check GROUP BY 1) checks USING (offer_id)"
            " WHERE looks.n IS DISTINCT FROM checks.n"
        )
        == []
    )
    assert (
        on.sql("SELECT id FROM products_offer WHERE next_check_at IS NULL OR quarantined_at IS NOT NULL")
        == []
    )
    assert report["crowded"] == {}
