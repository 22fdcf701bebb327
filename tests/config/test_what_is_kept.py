"""What beside pages is the same for everybody is kept too, until something changes; what people search for is not."""

from __future__ import annotations

import pytest

from products.freshness import bump
from tests.config.test_forged_headers import get
from tests.factories import BodyAreaPageFactory, ConditionPageFactory, ReviewerFactory, sign_off

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def test_every_anonymous_answer_is_kept_until_something_changes():
    area = BodyAreaPageFactory(slug="thigh")
    reviewer = ReviewerFactory()
    sign_off(ConditionPageFactory(parent=area), reviewer)
    paths = [
        "/",
        area.url,
        "/sitemap.xml",
        "/sitemap-pages.xml",
        "/robots.txt",
        "/feed/",
        "/feed/thigh/",
        "/search/",
    ]
    paths += ["/reviewers/", f"/reviewers/{reviewer.slug}/"]
    assert {path: get(path)[0] for path in paths} == dict.fromkeys(paths, 200)
    assert {path: get(path)[1].get("x-page-cache") for path in paths} == dict.fromkeys(paths, "hit")
    page = ConditionPageFactory(parent=area, title="Sore thigh")
    bump()
    after = {path: get(path) for path in paths}
    assert {path: found[1].get("x-page-cache") for path, found in after.items()} == dict.fromkeys(
        paths, "miss"
    )
    shown = {path for path, found in after.items() if page.url.encode() in found[2]}
    assert shown == {
        "/",
        area.url,
        "/sitemap.xml",
        "/sitemap-pages.xml",
        "/feed/",
        "/feed/thigh/",
        "/search/",
    }


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/search/", {"QUERY_STRING": "q=thigh"}),
        ("/search/", {"HTTP_COOKIE": "sessionid=somebody"}),
        ("/robots.txt", {"HTTP_COOKIE": "sessionid=somebody"}),
        ("/sitemap-pages.xml", {"QUERY_STRING": "p=1"}),
    ],
)
def test_what_may_be_somebodys_own_is_not_kept(path, headers):
    for _ in range(2):
        status, found, _body = get(path, **headers)
        assert status == 200
        assert "x-page-cache" not in found
        assert "public" not in found.get("cache-control", "") or "sessionid" not in str(headers)
