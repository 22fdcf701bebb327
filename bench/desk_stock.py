"""A publisher's whole desk, made by SQL from what the ordinary services made once: for `bench.desk`.

Rows are numbered from `FIRST` on in every table, so that each row knows its neighbours by arithmetic: article n shows the
products n, 7n + 1 and 13n + 2, product n has the offers 4n to 4n + 3, and so forth. Chance is a hash of the number, so
that two runs make the same desk.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.utils import timezone

from articles.clinical_content import clinical_content
from articles.governance import fingerprint
from articles.models import (
    BodyAreaPage,
    ConditionPage,
    MedicalReview,
    MedicalReviewTaskState,
    ProblemReport,
    Reference,
    Rescheduling,
    Reviewer,
    ReviewSchedule,
    ReviewTrigger,
    User,
)
from articles.services import schedule_review
from products import mass_checks
from products.clock import database_now
from products.models import (
    Alarm,
    Check,
    Host,
    MassCheck,
    Offer,
    Picture,
    Product,
    Programme,
    Region,
    Retailer,
)
from tests.factories import (
    BodyAreaPageFactory,
    ConditionPageFactory,
    OfferFactory,
    ProductFactory,
    ProgrammeFactory,
    ReviewerFactory,
    UserFactory,
    block,
    heading,
    paragraph,
    product_box,
    sign_off,
)
from tests.furnished import Furnished
from tests.products.shops import saw

FIRST = 1_000_000
REVIEWERS, OWNERS, BIG_SHOPS, BODY_AREAS = 20, 30, 12, 10
OFFERS_EACH = 4  # of a product; there are as many products as articles
TEMPLATE_PRODUCTS = (900_001, 900_002, 900_003)  # numbers that no text holds by accident
CHECKS_EACH, FLIPS_EACH, CLICK_DAYS = 8, 3, 90


@dataclass(frozen=True, slots=True)
class Templates:
    """What is copied."""

    article: ConditionPage
    offer: Offer
    well: int
    """A look that found nothing wrong."""
    broken: int
    """A look at a page that is gone."""
    reviewers: str
    """Their keys, as an array of the database's."""
    owners: str


def dice(kind: int, number: str = "n") -> str:
    """0 to 999 by chance, the same for the same number."""
    return f"(hashint8extended({number}, {kind}) & 1023) * 1000 / 1024"


def templates() -> Templates:
    """Make one of each by the ordinary services."""
    now = timezone.now()
    editors = Group.objects.get(name="Editors")
    owners = UserFactory.create_batch(OWNERS)
    for owner in owners:
        owner.groups.add(editors)
    reviewers = ReviewerFactory.create_batch(REVIEWERS, minutes_per_month=480)
    for network in range(BIG_SHOPS):
        ProgrammeFactory(name=f"Scheme {network}", region=Region.objects.get(code=("UK", "US")[network % 2]))
    products = [ProductFactory(pk=pk, name=f"Template {pk}") for pk in TEMPLATE_PRODUCTS]
    offer = OfferFactory(product=products[0], retailer__programme=None)
    saw(offer, now=now)
    well = Check.objects.filter(offer=offer).latest("at")
    for hours in (1, 3):
        saw(offer, now=now + datetime.timedelta(hours=hours), status=404)
    broken = Check.objects.filter(offer=offer).latest("at")
    text = "Rest the leg, and walk as soon as it hurts less. " * 7
    body = [
        one for part in range(6) for one in (heading(f"Part {part}"), *(paragraph(text) for _ in range(3)))
    ]
    references = [
        Reference.objects.create(title="A review", publisher="BMJ", url="https://www.example.org/0")
    ]
    body += [product_box(product) for product in products]
    body += [block("references", [reference.pk for reference in references])]
    area, *_ = BodyAreaPageFactory.create_batch(BODY_AREAS)
    article = ConditionPageFactory(title="Template article", parent=area, blocks=body, owner=owners[0])
    sign_off(article, reviewers[0], on=timezone.localdate() - datetime.timedelta(days=100))
    schedule_review(article, today=timezone.localdate())
    article.refresh_from_db()
    return Templates(
        article,
        offer,
        well.pk,
        broken.pk,
        _array([one.pk for one in reviewers]),
        _array([one.pk for one in owners]),
    )


def stock(made: Templates, furnished: Furnished, *, before: int, articles: int) -> None:
    """Raise the desk from `before` to `articles` articles, with four times as many offers and all that belongs to them."""
    with transaction.atomic(), connection.cursor() as cursor:
        desk = _Stock(cursor, made, furnished, before, articles)
        desk.shops()
        desk.offers()
        desk.looks()
        desk.alarms()
        desk.pages()
        desk.reviews()
        desk.clicks()
        desk.readers()
        desk.logs()
        desk.search_entries()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    _use(articles)


class _Stock:
    """The tables, from row `before` to row `articles` and what follows from it."""

    def __init__(
        self, cursor: Any, made: Templates, furnished: Furnished, before: int, articles: int
    ) -> None:
        self.cursor, self.made, self.furnished = cursor, made, furnished
        self.before, self.articles = before, articles
        self.shop_count = articles * OFFERS_EACH // 10

    def insert(
        self, table: str, template: str, values: dict[str, str], *, source: str = "", where: str = "true"
    ) -> None:
        """Rows like one that exists, `one`, with some columns of their own, for each row `n` of a source."""
        source = source or self.numbers()
        columns = [
            column.name
            for column in connection.introspection.get_table_description(self.cursor, table)
            if column.name != "id" or "id" in values
        ]
        names = ", ".join(f'"{name}"' for name in columns)
        chosen = ", ".join(values.get(name, f'one."{name}"') for name in columns)
        self.cursor.execute(
            f"INSERT INTO {table} ({names}) SELECT {chosen} FROM {source}, {table} one WHERE {template} AND {where}"
        )

    def numbers(self, each: float = 1) -> str:
        """The new rows of a table that has `each` rows an article."""
        return f"generate_series({int(self.before * each)}, {int(self.articles * each) - 1}) n"

    def shops(self) -> None:
        before = self.before * OFFERS_EACH // 10
        source = f"generate_series({before}, {self.shop_count - 1}) n"
        offer, number = self.made.offer, f"{FIRST} + n"
        self.insert(
            "products_host",
            f"one.id = {offer.host_id}",
            {
                "id": number,
                "key": "'store-' || n || '.example'",
                "breaker": f"CASE WHEN n > {BIG_SHOPS} AND {dice(1)} < 4 THEN 'failing' ELSE 'closed' END",
            },
            source=source,
        )
        schemes = _array(Programme.objects.filter(name__startswith="Scheme").order_by("pk").values_list("pk", flat=True))  # fmt: skip
        regions = _array([Region.objects.get(code=code).pk for code in ("UK", "US")])
        self.insert(
            "products_retailer",
            f"one.id = {offer.retailer_id}",
            {
                "id": number,
                "name": "'Store ' || n",
                "region_id": f"({regions})[1 + n % 2]",
                "domains": "ARRAY['store-' || n || '.example']",
                "programme_id": f"CASE WHEN {dice(2)} < 700 THEN ({schemes})[1 + n % {BIG_SHOPS}] END",
                "checking": f"CASE WHEN n = 11 OR {dice(3)} < 20 THEN 'human' ELSE 'fetch' END",
            },
            source=source,
        )

    def offers(self) -> None:
        self.insert(
            "products_product",
            f"one.id = {TEMPLATE_PRODUCTS[0]}",
            {
                "id": f"{FIRST} + n",
                "name": "(ARRAY['Thigh support','Foam roller','Ice pack','Knee brace','Insole'])[1 + n % 5] || ' ' || n",
                "brand": "'Brand ' || n % 40",
                "withdrawn_at": f"CASE WHEN {dice(1)} < 2 THEN now() END",
            },
        )
        small = (
            f"{BIG_SHOPS} + 2 * ((hashint8extended(n, 4) & 16777215) % {(self.shop_count - BIG_SHOPS) // 2})"
        )
        shop = (
            f"(CASE n % 4 WHEN 0 THEN 2 * ((n / 4) % {BIG_SHOPS // 2}) WHEN 1 THEN 1 + 2 * ((n / 4) % {BIG_SHOPS // 2})"
            f" WHEN 2 THEN {small} ELSE {small} + 1 END)"
        )
        address = "'https://store-' || shop || '.example/products/' || n"
        changed = f"now() - {dice(6)} * interval '14 hours'"
        self.insert(
            "products_offer",
            f"one.id = {self.made.offer.pk}",
            {
                "id": f"{FIRST} + n",
                "product_id": f"{FIRST} + n / 4",
                "retailer_id": f"{FIRST} + shop",
                "host_id": f"CASE WHEN d >= 30 THEN {FIRST} + shop END",
                "destination": f"CASE WHEN d >= 30 THEN {address} ELSE '' END",
                "judged_destination": f"CASE WHEN d >= 30 THEN {address} ELSE '' END",
                "enabled": f"{dice(5)} >= 10",
                "reachable": "CASE WHEN d < 30 THEN 'unknown' WHEN d < 44 THEN 'broken' WHEN d < 60 THEN 'suspect' ELSE 'ok' END",
                "identity": "CASE WHEN d BETWEEN 60 AND 63 THEN 'lost' WHEN d >= 30 THEN 'handed_over' ELSE 'unknown' END",
                "buyable": "CASE WHEN d BETWEEN 64 AND 110 THEN 'out_of_stock' WHEN d BETWEEN 111 AND 117 THEN 'discontinued'"
                " WHEN d IN (118, 119) THEN 'different_product' WHEN d >= 60 THEN 'in_stock' ELSE 'unknown' END",
                "outcome": "CASE WHEN d < 30 THEN '' WHEN d < 60 THEN 'gone' ELSE 'healthy' END",
                "health_memory": "CASE WHEN d BETWEEN 125 AND 129 THEN"
                " jsonb_build_object('reachable', 'ok', 'flaky', jsonb_build_object('buyable', now() + interval '3 days'))"
                ' WHEN d >= 60 THEN \'{"reachable": "ok", "buyable": "in_stock", "was_ok": true}\' ELSE \'{}\' END',
                "unverifiable_since": "CASE WHEN d BETWEEN 130 AND 139 THEN now() - interval '20 days' END",
                "quarantined_at": "CASE WHEN d = 140 THEN now() - interval '2 days' END",
                "last_checked_at": f"CASE WHEN d >= 30 THEN now() - {dice(7)} * interval '20 minutes' END",
                "last_reached_at": f"CASE WHEN d >= 60 THEN now() - {dice(7)} * interval '20 minutes' END",
                "human_checked_at": f"CASE WHEN {dice(8)} < 20 THEN now() - {dice(9)} * interval '2 hours' END",
                "changed_at": f"CASE WHEN d >= 30 AND d < 400 THEN {changed} END",
                "next_check_at": f"CASE WHEN d >= 30 AND d <> 140 AND shop <> 11 THEN now() + {dice(10)} * interval '1 hour' END",
                "bad_fingerprint": "''",
            },
            source=f"(SELECT n, {dice(1)} d, {shop} shop FROM {self.numbers(OFFERS_EACH)}) numbers",
        )

    def new_offers(self) -> str:
        return (
            f"o.id BETWEEN {FIRST + self.before * OFFERS_EACH} AND {FIRST + self.articles * OFFERS_EACH - 1}"
        )

    def looks(self) -> None:
        new = f"{self.new_offers()} AND o.destination <> ''"
        found = f"one.id = CASE WHEN o.reachable = 'broken' AND k = 0 THEN {self.made.broken} ELSE {self.made.well} END"
        at = f"o.last_checked_at - k * interval '11 days' - {dice(11, 'o.id + k')} * interval '10 minutes'"
        self.insert(
            "products_check",
            found,
            {"offer_id": "o.id", "at": f"CASE WHEN k = 0 THEN o.last_checked_at ELSE {at} END"},
            source=f"products_offer o, generate_series(0, {CHECKS_EACH - 1}) k",
            where=new,
        )
        self.cursor.execute(
            "INSERT INTO products_flip (offer_id, offer_name, at, axis, before, after, reason)"
            " SELECT o.id, 'Product ' || o.product_id, CASE WHEN k = 0 AND o.changed_at IS NOT NULL THEN o.changed_at"
            f" ELSE now() - {dice(12, 'o.id * 8 + k')} * interval '17 hours' END,"
            " CASE WHEN k = 0 THEN 'reachable' ELSE 'buyable' END,"
            " CASE WHEN k % 2 = 0 THEN 'ok' ELSE 'in_stock' END,"
            " CASE WHEN k = 0 THEN CASE WHEN o.reachable = 'broken' THEN 'broken' ELSE 'ok' END WHEN k = 1 THEN 'out_of_stock'"
            " ELSE 'in_stock' END, 'The page is gone.'"
            f" FROM products_offer o, generate_series(0, {FLIPS_EACH - 1}) k WHERE {new}"
        )

    def alarms(self) -> None:
        """Those of what is confirmed bad, a tenth of them snoozed; and twice as many that are closed."""
        snoozed = "CASE WHEN o.id % 10 = 3 AND k = 0 THEN now() + interval '5 days' END"
        self.cursor.execute(
            "INSERT INTO products_alarm (kind, offer_id, reason, articles, opened_at, closed_at, snoozed_until, snooze_reason)"
            " SELECT CASE WHEN o.reachable = 'broken' THEN 'broken' WHEN o.identity = 'lost' THEN 'identity_lost'"
            " ELSE 'different_product' END, o.id, 'The page is gone.', o.id % 9, now() - (k * 40 + o.id % 30) * interval '1 day',"
            f" CASE WHEN k > 0 THEN now() - k * interval '30 days' END, {snoozed}, ''"
            " FROM products_offer o, generate_series(0, 2) k"
            f" WHERE {self.new_offers()} AND (o.reachable = 'broken' OR o.identity = 'lost' OR o.buyable = 'different_product')"
        )
        self.cursor.execute(
            "INSERT INTO products_alarm (kind, product_id, region_id, reason, articles, opened_at, snooze_reason)"
            " SELECT DISTINCT ON (o.product_id, r.region_id) 'sold_out', o.product_id, r.region_id, 'Sold out.', 3,"
            " now() - interval '3 days', '' FROM products_offer o JOIN products_retailer r ON r.id = o.retailer_id"
            f" WHERE {self.new_offers()} AND o.buyable = 'out_of_stock' AND o.id % 25 = 0"
        )
        self.cursor.execute(
            "INSERT INTO products_alarm (kind, host_id, reason, articles, opened_at, snooze_reason)"
            " SELECT 'failing', h.id, 'It times out.', 20, now() - interval '1 day', '' FROM products_host h"
            " WHERE h.breaker = 'failing' ON CONFLICT DO NOTHING"
        )

    def pages(self) -> None:
        """Articles with three product boxes each and the revision that they were published from."""
        article = self.made.article
        page, revision = f"{FIRST} + n", f"{FIRST} + n"
        is_live, has_draft = f"{dice(1)} >= 60", f"({dice(1)} < 60 OR {dice(13)} < 80)"
        areas = list(BodyAreaPage.objects.order_by("pk")[:BODY_AREAS])
        paths, addresses = (
            _array(f"'{one.path}'" for one in areas),
            _array(f"'{one.url_path}'" for one in areas),
        )
        title = "(ARRAY['Hamstring strain','Knee pain','Shin splints','Tennis elbow','Groin strain'])[1 + n % 5] || ' ' || n"
        self._fingerprints(article)
        products = dict(zip(TEMPLATE_PRODUCTS, self._products("n"), strict=True))

        def placed(text: str) -> str:
            for template, product in products.items():
                text = f"replace({text}, '{template}', ({product})::text)"
            return text

        self.insert(
            "wagtailcore_revision",
            f"one.id = {article.latest_revision_id}",
            {
                "id": revision,
                "object_id": f"({page})::text",
                "object_str": title,
                "content": f"replace({placed('one.content::text')}, 'Template article', {title})::jsonb",
                "created_at": "now() - n % 700 * interval '1 day'",
            },
        )
        self.insert(
            "wagtailcore_page",
            f"one.id = {article.pk}",
            {
                "id": page,
                "title": title,
                "draft_title": title,
                "slug": "'article-' || n",
                "path": f"({paths})[1 + n % {BODY_AREAS}] || {_step('n / ' + str(BODY_AREAS) + ' + 100')}",
                "url_path": f"({addresses})[1 + n % {BODY_AREAS}] || 'article-' || n || '/'",
                "translation_key": "gen_random_uuid()",
                "owner_id": f"({self.made.owners})[1 + n % {OWNERS}]",
                "live": is_live,
                "has_unpublished_changes": has_draft,
                "latest_revision_id": revision,
                "live_revision_id": f"CASE WHEN {is_live} THEN {revision} END",
                "last_published_at": "now() - n % 700 * interval '1 day'",
                "latest_revision_created_at": "now() - n % 700 * interval '1 day'",
            },
        )
        tiers = "(SELECT array_agg(id ORDER BY id) FROM articles_reviewtier)"
        self.insert(
            "articles_conditionpage",
            f"one.page_ptr_id = {article.pk}",
            {
                "page_ptr_id": page,
                "body": f"{placed('one.body::text')}::jsonb",
                "review_tier_id": f"CASE WHEN {dice(14)} < 300 THEN ({tiers})[1 + n % 3] END",
                "review_interval_months": f"CASE WHEN {dice(15)} < 50 THEN 18 END",
            },
        )
        self.cursor.execute(
            "UPDATE wagtailcore_page area SET numchild = (SELECT count(*) FROM wagtailcore_page child"
            f" WHERE child.depth = area.depth + 1 AND child.path LIKE area.path || '%') WHERE area.id IN ({', '.join(str(one.pk) for one in areas)})"
        )
        product, reference = (ContentType.objects.get_for_model(model).pk for model in (Product, Reference))
        template = f"one.id = (SELECT max(id) FROM wagtailcore_referenceindex WHERE object_id = '{article.pk}' AND to_content_type_id = {{}})"
        for to in self._products("n"):
            self._refer(template.format(product), page, to)
        self.insert(
            "articles_reference",
            "one.id = (SELECT max(id) FROM articles_reference)",
            {"id": f"{FIRST} + n", "title": "'Guideline ' || n", "url": "'https://www.example.org/' || n"},
            source=self.numbers(0.06),
        )
        for factor in (1, 3):
            self._refer(
                template.format(reference),
                page,
                f"{FIRST} + n * {factor} % {max(1, int(self.articles * 0.06))}",
            )

    def _refer(self, template: str, page: str, to: str) -> None:
        self.insert(
            "wagtailcore_referenceindex",
            template,
            {
                "object_id": f"({page})::text",
                "to_object_id": f"({to})::text",
                "content_path_hash": "gen_random_uuid()",
            },
        )

    def _products(self, number: str) -> list[str]:
        """The keys of the three products of an article."""
        return [f"{FIRST} + ({number} * {a} + {b}) % {self.articles}" for a, b in ((1, 0), (7, 1), (13, 2))]

    def _fingerprints(self, article: ConditionPage) -> None:
        """What was signed of each article, which the copies of a signature need."""
        self.cursor.execute(
            "CREATE TEMPORARY TABLE words (n bigint PRIMARY KEY, fingerprint text) ON COMMIT DROP"
        )
        names = ("Hamstring strain", "Knee pain", "Shin splints", "Tennis elbow", "Groin strain")
        content = clinical_content(article)
        self.cursor.executemany(
            "INSERT INTO words VALUES (%s, %s)",
            [
                (number, fingerprint({**content, "title": f"{names[number % 5]} {number}"}))
                for number in range(self.before, self.articles)
            ],
        )

    def reviews(self) -> None:
        """Two sign-offs of most articles, their publications, schedules and calls; one in twelve was edited since."""
        article = self.made.article
        words = "(SELECT fingerprint FROM words WHERE words.n = numbers.n)"
        source = f"(SELECT n, {dice(1)} >= 60 is_live, {dice(1)} >= 100 is_signed, {dice(2)} * 9 / 10 age FROM {self.numbers()}) numbers"
        page, is_signed = f"{FIRST} + numbers.n", "numbers.is_signed"
        for earlier in (730, 0):
            on = f"current_date - (numbers.age + {earlier})::int"
            self.insert(
                "articles_medicalreview",
                f"one.id = (SELECT max(id) FROM articles_medicalreview WHERE page_id = {article.pk})",
                {
                    "page_id": page,
                    "revision_id": page,
                    "reviewer_id": f"({self.made.reviewers})[1 + numbers.n % {REVIEWERS}]",
                    "fingerprint": words,
                    "signed_on": on,
                    "signed_at": f"({on})::timestamptz + interval '12 hours'",
                },
                source=source,
                where=is_signed,
            )
            self.insert(
                "articles_publication",
                f"one.id = (SELECT max(id) FROM articles_publication WHERE page_id = {article.pk})",
                {
                    "page_id": page,
                    "fingerprint": words
                    if earlier
                    else f"CASE WHEN {dice(16, 'numbers.n')} < 80 THEN 'v1:other' ELSE {words} END",
                    "at": f"({on})::timestamptz + interval '13 hours'",
                },
                source=source,
                where="numbers.is_live",
            )
        due = "current_date - numbers.age::int + 730"
        planned = f"{dice(17, 'numbers.n')} < 150"
        self.insert(
            "articles_reviewschedule",
            f"one.page_id = {article.pk}",
            {
                "page_id": page,
                "last_review_on": f"CASE WHEN {is_signed} THEN current_date - numbers.age::int END",
                "due_on": f"CASE WHEN {is_signed} THEN {due} ELSE current_date - 30 END",
                "due_soon_on": f"CASE WHEN {is_signed} THEN {due} - 60 ELSE current_date - 90 END",
                "expires_on": f"CASE WHEN {is_signed} THEN {due} + 90 END",
                "next_stage_on": f"{due} + 14",
                "planned_on": f"CASE WHEN {planned} THEN {due} - 20 END",
                "planned_why": f"CASE WHEN {planned} THEN 'A quiet month.' ELSE '' END",
                "reviewer_id": f"CASE WHEN {dice(18, 'numbers.n')} < 200 THEN ({self.made.reviewers})[1 + numbers.n % {REVIEWERS}] END",
            },
            source=source,
            where="numbers.is_live",
        )
        self.insert(
            "articles_reviewtrigger",
            f"one.id = {self.furnished.call.pk}",
            {"page_id": page, "opened_at": "now() - interval '1 day'", "subject": "'call-' || numbers.n"},
            source=source,
            where=f"numbers.is_live AND {dice(19, 'numbers.n')} < 20",
        )
        state = self.furnished.waiting
        states = self.numbers(0.012)
        number = f"{FIRST} + n"
        self.insert(
            "wagtailcore_workflowstate",
            f"one.id = {state.workflow_state_id}",
            {"id": number, "object_id": f"({FIRST} + n * 71)::text", "current_task_state_id": number},
            source=states,
        )
        self.insert(
            "wagtailcore_taskstate",
            f"one.id = {state.pk}",
            {"id": number, "workflow_state_id": number, "revision_id": f"{FIRST} + n * 71"},
            source=states,
        )
        self.insert(
            "articles_medicalreviewtaskstate",
            f"one.taskstate_ptr_id = {state.pk}",
            {"taskstate_ptr_id": number},
            source=states,
        )

    def clicks(self) -> None:
        """Four links in five articles a day, the popular ones more often."""
        region = Region.objects.get(is_default=True).pk
        self.cursor.execute(
            "INSERT INTO products_clicks (day, offer_id, page_id, region_id, people, others)"
            f" SELECT current_date - day, {FIRST} + popular * {OFFERS_EACH} + n % 2, {FIRST} + popular, {region},"
            " 1 + n % 7, n % 3"
            f" FROM (SELECT day, n, floor({self.articles} * power(({dice(20, 'n * 128 + day')}) / 1000.0, 2))::bigint popular"
            f" FROM {self.numbers(0.8)}, generate_series(0, {CLICK_DAYS - 1}) day) numbers ON CONFLICT DO NOTHING"
        )

    def readers(self) -> None:
        report, source = self.furnished.report, self.numbers(0.04)
        settled = "n % 3 > 0"
        self.insert(
            "articles_problemreport",
            f"one.id = {report.pk}",
            {
                "page_id": f"{FIRST} + n * 20",
                "page_title": "'Article ' || n * 20",
                "kind": "(ARRAY['medical','safety','link','accessibility','other'])[1 + n % 5]",
                "form": "'form-' || n",
                "received_at": "now() - n * interval '9 hours'",
                "status": f"CASE WHEN {settled} THEN 'answered' ELSE 'new' END",
                "note": f"CASE WHEN {settled} THEN 'Mended.' ELSE '' END",
                "handled_at": f"CASE WHEN {settled} THEN now() END",
            },
            source=source,
        )
        rescheduling, plans = self.furnished.rescheduling, self.numbers(0.008)
        self.insert(
            "articles_rescheduling",
            f"one.id = {rescheduling.pk}",
            {"id": f"{FIRST} + n", "made_at": "now() - n * interval '3 days'"},
            source=plans,
        )
        self.insert(
            "articles_reschedulingmove",
            f"one.id = (SELECT max(id) FROM articles_reschedulingmove WHERE rescheduling_id = {rescheduling.pk})",
            {"rescheduling_id": f"{FIRST} + n", "page_id": "p.id"},
            source=f"{plans}, wagtailcore_page p",
            where=f"p.id BETWEEN {FIRST + self.before} AND {FIRST + self.articles - 1} AND p.id % 100 = n",
        )

    def logs(self) -> None:
        """What Wagtail keeps of five saves of an article and one of an offer."""
        at = "now() - (n % 900) * interval '1 day'"
        self.insert(
            "wagtailcore_pagelogentry",
            f"one.id = (SELECT max(id) FROM wagtailcore_pagelogentry WHERE page_id = {self.made.article.pk})",
            {
                "page_id": f"{FIRST} + n / 5",
                "timestamp": at,
                "uuid": "gen_random_uuid()",
                "revision_id": "NULL",
            },
            source=self.numbers(5),
        )
        self.insert(
            "wagtailcore_modellogentry",
            f"one.id = (SELECT max(id) FROM wagtailcore_modellogentry WHERE content_type_id = {ContentType.objects.get_for_model(Offer).pk})",
            {"object_id": f"({FIRST} + n)::text", "timestamp": at, "uuid": "gen_random_uuid()"},
            source=self.numbers(OFFERS_EACH),
        )

    def search_entries(self) -> None:
        """What a search of the admin finds products, offers and shops by."""
        named = {
            Product: ("products_product", "name", self.numbers()),
            Offer: ("products_offer", "destination", self.numbers(OFFERS_EACH)),
            Retailer: ("products_retailer", "name", self.numbers(OFFERS_EACH / 10)),
        }
        for model, (table, name, source) in named.items():
            self.cursor.execute(
                "INSERT INTO wagtailsearch_indexentry"
                " (content_type_id, object_id, title_norm, autocomplete, title, body, title_text, body_text)"
                f" SELECT {ContentType.objects.get_for_model(model).pk}, t.id::text, 1, to_tsvector('simple', {name}),"
                f" to_tsvector('english', {name}), '', {name}, '' FROM {source} JOIN {table} t ON t.id = {FIRST} + n"
                " ON CONFLICT DO NOTHING"
            )


def _use(articles: int) -> None:
    """What people did: a check of as many offers as may be asked at once, half of which were looked at since, and ten
    small ones; two versions of a product."""
    user = User.objects.filter(groups__name="Editors").earliest("pk")
    for _ in range(2):
        Product.objects.get(pk=FIRST).save_revision(user=user)
    offers = Offer.objects.filter(pk__gte=FIRST).order_by("pk")
    small = range(0, min(1000, articles * OFFERS_EACH), 100)
    for start, count in [(start, 100) for start in small] + [(0, mass_checks.MOST_ASKED)]:
        chosen = offers[start : start + count].values_list("pk", flat=True)
        mass_checks.ask(
            Offer.objects.filter(pk__in=list(chosen)), about="All links", user=user, now=database_now()
        )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO products_check (offer_id, at, seconds, outcome, status, final_address, hops, expected, seen, verdicts,"
            " markers, excerpt) SELECT offer_id, now() + interval '1 second', seconds, outcome, status, final_address, hops,"
            " expected, seen, verdicts, markers, excerpt FROM (SELECT DISTINCT ON (offer_id) * FROM products_check"
            f" WHERE offer_id >= {FIRST} AND offer_id % 2 = 0 AND offer_id < {FIRST + mass_checks.MOST_ASKED}"
            " ORDER BY offer_id, at DESC) latest"
        )
        cursor.execute("ANALYZE")


def busiest() -> Furnished:
    """The desk seen from where most of it comes together: the largest shop, the whole-shop alarm, the largest check."""
    product = Product.objects.get(pk=FIRST)
    signed = MedicalReview.objects.filter(page__gte=FIRST).values("page")
    schedule = ReviewSchedule.objects.filter(page__in=signed, page__has_unpublished_changes=False).earliest(
        "pk"
    )
    reviewer = Reviewer.objects.filter(user__groups__name="Medical reviewers").earliest("pk")
    return Furnished(
        article=ConditionPage.objects.get(pk=schedule.pk),
        waiting=MedicalReviewTaskState.objects.earliest("pk"),
        call=ReviewTrigger.objects.earliest("pk"),
        report=ProblemReport.objects.exclude(page=None).earliest("pk"),
        rescheduling=Rescheduling.objects.get(pk=FIRST),
        reviewer=reviewer,
        product=product,
        offer=Offer.objects.filter(product=product).exclude(destination="").earliest("pk"),
        retailer=Retailer.objects.get(pk=FIRST),
        alarm=Alarm.objects.open().order_by("host", "pk")[0],
        mass_check=MassCheck.objects.latest("pk"),
        picture=Picture.objects.earliest("pk"),
    )


def sizes() -> str:
    """What there is, in a line."""
    counts = {
        "articles": ConditionPage, "offers": Offer, "products": Product, "retailers": Retailer, "hosts": Host,
        "looks": Check, "sign-offs": MedicalReview, "reader reports": ProblemReport,
    }  # fmt: skip
    said = [f"{model.objects.count():,} {name}" for name, model in counts.items()]
    return ", ".join([*said, f"{Alarm.objects.open().count():,} open alarms"])


def _step(number: str) -> str:
    """A number as one step of a page's path: four digits to the base of 36."""
    digits = "'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'"
    return " || ".join(
        f"substr({digits}, 1 + (({number}) / {36**place} % 36)::int, 1)" for place in (3, 2, 1, 0)
    )


def _array(keys: Any) -> str:
    return f"ARRAY[{', '.join(map(str, keys))}]"
