"""The settings of Celery on which "nothing lost, nothing done twice" rests."""

import os

import pytest
from kombu import Queue

from products.leases import LEASE
from products.rounds import Limits
from tasks.celery import app
from tasks.links import check_due_links
from tasks.reviews import flag_overdue


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("task_acks_late", False),  # the lease redelivers; late acknowledgement re-runs poison for ever
        ("task_reject_on_worker_lost", False),
        ("worker_prefetch_multiplier", 1),
        ("result_backend", None),
        ("task_ignore_result", True),
        ("task_serializer", "json"),
        ("accept_content", ["json"]),
        ("broker_transport_options", {"visibility_timeout": 3600}),
        ("worker_pool", "prefork"),  # Celery's thread pool enforces no time limits
        ("beat_scheduler", "tasks.schedule:QuietScheduler"),
        ("broker_connection_retry_on_startup", True),
        ("task_default_queue", "default"),
        ("worker_hijack_root_logger", False),
    ],
)
def test_celery_is_set_up_so_that_the_database_stays_the_truth(setting, value):
    assert app.conf[setting] == value


def test_link_checks_have_a_queue_of_their_own():
    assert {queue.name for queue in app.conf.task_queues} == {"default", "links", "shops"}
    assert all(isinstance(queue, Queue) for queue in app.conf.task_queues)
    router = app.amqp.router
    assert router.route({}, check_due_links.name)["queue"].name == "links"
    assert router.route({}, flag_overdue.name)["queue"].name == "default"
    for other in (
        "settle_alarms",
        "ask_the_api",
        "ask_for_nonsense",
    ):  # a backlog of rounds must not hold them back
        assert router.route({}, f"tasks.links.{other}")["queue"].name == "shops"


def test_every_job_has_time_limits_and_none_expires_or_retries_by_itself():
    app.loader.import_default_modules()
    ours = [task for name, task in app.tasks.items() if name.startswith("tasks.")]
    assert {task.name for task in ours} == {
        "tasks.links.ask_for_nonsense",
        "tasks.links.ask_the_api",
        "tasks.links.check_due_links",
        "tasks.links.settle_alarms",
        "tasks.reviews.flag_overdue",
        "tasks.reviews.send_digests",
        "tasks.reviews.tell_of_safety_concerns",
        "tasks.upkeep.clear_sessions",
        "tasks.upkeep.forget_reports",
        "tasks.upkeep.gather_search_terms",
        "tasks.upkeep.prune_checks",
        "tasks.upkeep.publish_scheduled",
        "tasks.upkeep.tidy_share_pictures",
    }
    for task in ours:
        soft = task.soft_time_limit or app.conf.task_soft_time_limit
        hard = task.time_limit or app.conf.task_time_limit
        assert 0 < soft < hard < app.conf.broker_transport_options["visibility_timeout"]
        assert not task.acks_late
        assert task.expires is None
        assert not getattr(task, "autoretry_for", ())


def test_a_round_and_its_last_look_end_before_its_limit_and_its_lease():
    longest_look = 10
    assert Limits().seconds + Limits().hop_patience + longest_look < check_due_links.soft_time_limit
    assert check_due_links.soft_time_limit < LEASE.total_seconds() < check_due_links.time_limit


def test_a_resolver_that_hangs_is_given_up_early():
    assert os.environ["RES_OPTIONS"] == "timeout:1 attempts:2"
