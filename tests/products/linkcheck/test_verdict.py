"""Evidence → verdict: the table, row by row."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products import programmes
from products.linkcheck.evidence import Evidence, Failure, Hop
from products.linkcheck.page import read_page
from products.linkcheck.verdict import (
    BLOCKED_STATUSES,
    DEFAULT_PAUSE,
    HEADERS_READ,
    LONGEST_PAUSE,
    Axis,
    Baseline,
    Buyable,
    Expectation,
    Identity,
    Outcome,
    Probe,
    Reachable,
    judge,
    page_fingerprint,
)

URL = "https://northgate.co.uk/knee-brace"
EXPECTED = Expectation(URL)


def product(stock="InStock", *, name="Northgate Knee Brace", gtin="5012345678900", extra="", canonical=URL):
    return (
        f"<title>{name} | Northgate</title><link rel=canonical href='{canonical}'><h1>{name}</h1><p>£24.99</p>"
        f'<script type="application/ld+json">{{"@type": "Product", "name": "{name}", "gtin13": "{gtin}",'
        f' "offers": {{"availability": "https://schema.org/{stock}", "price": "24.99"}}}}</script>{extra}'
    )


MISSING = "<title>Page not found | Northgate</title><h1>Page not found</h1><p>Sorry, we could not find it. Try our home page.</p>"
CAPTCHA = "<title>Robot check</title><p>Type the characters you see in this image to go on to the shop.</p>"
ADD_TO_BASKET = "<form action=/cart/add><input type=hidden name=id value=1><button>Add</button></form>"
PLAIN = "<title>Braces</title><h1>Braces</h1><p>All the braces that we sell, in many sizes and colours.</p>"


def look(text="", status=200, *, url=URL, via=(), headers=None, **more):
    """Evidence of a look that went over the addresses `via` and ended at `url`."""
    hops = [Hop(one, 302, location=two) for one, two in pairwise([*via, url])]
    last = Hop(url, status, headers=headers or {})
    return Evidence(
        via[0] if via else url, (*hops, last), text, more.pop("content_type", "text/html"), **more
    )


def failed(failure, detail="", url=URL):
    return Evidence(url, (Hop(url, failure=failure, detail=detail),))


def outcome(evidence, expected=EXPECTED):
    return judge(evidence, expected).outcome


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "120"}, 120),
        ({"retry-after": "0"}, 1),
        ({"retry-after": "999999999999999999999"}, LONGEST_PAUSE),
        ({"retry-after": "soon"}, DEFAULT_PAUSE),
        ({"retry-after": "-5"}, DEFAULT_PAUSE),
        ({"retry-after": "Wed, 21 Oct 2026 07:30:00 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 120),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:30:00 GMT"}, 1),
        ({"retry-after": "Wed, 21 Oct 2026 07:30:00 GMT"}, DEFAULT_PAUSE),
        ({"retry-after": "²"}, DEFAULT_PAUSE),
    ],
)
def test_a_shop_that_asks_for_time_gets_it(status, headers, seconds):
    judgement = judge(look(CAPTCHA, status, headers=headers), EXPECTED)
    assert judgement.outcome is Outcome.RATE_LIMITED
    assert judgement.retry_after == seconds
    assert judgement.reachable is Reachable.UNKNOWN


def test_too_many_requests_needs_no_retry_after_and_a_503_does():
    assert judge(look(status=429), EXPECTED).retry_after == DEFAULT_PAUSE
    assert outcome(look("Sorry", 503)) is Outcome.SERVER_ERROR


@pytest.mark.parametrize("status", sorted(BLOCKED_STATUSES))
def test_a_refusal_is_no_fault(status):
    judgement = judge(look("No", status), EXPECTED)
    assert (judgement.outcome, judgement.reachable) == (Outcome.BLOCKED, Reachable.UNKNOWN)


@pytest.mark.parametrize("status", [200, 202, 403, 404, 410, 500, 503])
@pytest.mark.parametrize(
    ("text", "headers"),
    [
        (CAPTCHA, {}),
        (MISSING, {"cf-mitigated": "challenge"}),
        ("<title>Just a moment...</title>", {}),
        ("", {"x-amzn-waf-action": "challenge"}),
        ("<title>Before you continue</title><p>We and our partners use cookies. Accept all.</p>", {}),
        ("<script src='https://geo.captcha-delivery.com/captcha/'></script>", {}),
    ],
)
def test_a_page_for_robots_is_blocked_at_any_status(text, headers, status):
    judgement = judge(look(text, status, headers=headers), EXPECTED)
    assert judgement.outcome is Outcome.BLOCKED
    assert (judgement.reachable, judgement.identity, judgement.buyable) == ("unknown", "unknown", "unknown")
    assert judgement.markers


@pytest.mark.parametrize(
    "extra",
    [
        "<noscript>Please enable JavaScript to continue shopping with us.</noscript>",
        "<p>Please enable cookies to add products to your basket.</p>",
        "<form><label>I'm not a robot</label><textarea></textarea></form>",
    ],
)
@pytest.mark.parametrize(("status", "found"), [(404, Outcome.GONE), (200, Outcome.SOFT_404)])
def test_an_honest_page_for_what_is_missing_may_ask_for_cookies(extra, status, found):
    assert outcome(look(MISSING + extra, status)) is found


@pytest.mark.parametrize("words", ["Blocked Nose Relief", "Waiting room chairs", "Forbidden Fruit Teas"])
def test_words_of_walls_are_words_of_shops_too(words):
    page = f"<title>{words} | Northgate</title><h1>{words}</h1><p>All of them, in many sizes and colours.</p>"
    assert outcome(look(page)) is Outcome.NOT_JUDGED
    wall = f"<title>{words.split()[0]} | Northgate</title><p>You may not see this page now, sorry.</p>"
    assert words.startswith("Waiting") or outcome(look(wall)) is Outcome.BLOCKED


def test_the_shell_of_an_app_says_nothing_whatever_it_says_to_browsers_without_scripts():
    shell = (
        "<title>Northgate</title><noscript><strong>We're sorry but Northgate doesn't work properly without JavaScript."
        "</strong></noscript><div id=app></div><script src=/app.js></script>"
    )
    expected = replace(EXPECTED, nonsense_fingerprint=page_fingerprint(read_page(shell, URL)))
    assert outcome(look(shell), expected) is Outcome.BLOCKED


@pytest.mark.parametrize(
    ("page", "found"),
    [
        (
            "<form action='/cart/add'><button>In winkelwagen</button></form><p>Small: sold out</p>",
            Buyable.UNKNOWN,
        ),
        (
            "<form action='/cart/add'><button disabled>Add</button></form><p>Sold out</p>",
            Buyable.OUT_OF_STOCK,
        ),
        ("<form action='/cart/add'><button>Notify me</button></form><p>Sold out</p>", Buyable.OUT_OF_STOCK),
        ("<form action='/cart/add'></form><select><option>M - sold out</option></select>", Buyable.IN_STOCK),
    ],
)
def test_one_size_that_is_sold_out_is_not_the_product(page, found):
    text = f"<title>Knee brace</title><h1>Knee brace</h1><p>Soft and warm, £24.99</p>{page}"
    assert judge(look(text), EXPECTED).buyable is found


def test_a_page_drawn_by_a_script_tells_a_robot_nothing():
    shell = "<title>Northgate</title><div id=root></div><script src=/app.js></script>"
    assert outcome(look(shell)) is Outcome.BLOCKED
    assert outcome(look(shell + product())) is Outcome.HEALTHY
    assert outcome(look(shell, 404)) is Outcome.GONE


@pytest.mark.parametrize("status", [404, 410])
def test_not_found_and_gone_are_gone(status):
    assert outcome(look(MISSING, status)) is Outcome.GONE


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (look(MISSING), EXPECTED),
        (look("<body class='error404'><h1>Hm</h1><p>Nothing is here, we are afraid to say."), EXPECTED),
        (look(MISSING + product(name="Strap")), EXPECTED),
        (look(PLAIN, url="https://northgate.co.uk/", via=(URL,)), EXPECTED),
        (look(product(), url="https://northgate.co.uk/en-gb/", via=(URL,)), EXPECTED),
        (look(PLAIN, url="https://northgate.co.uk/index.php?ref=1", via=(URL,)), EXPECTED),
        (look(PLAIN, url="https://northgate.co.uk/search?q=knee", via=(URL,)), EXPECTED),
        (look(PLAIN, url="https://northgate.co.uk/catalogsearch/result", via=(URL,)), EXPECTED),
        (look(PLAIN + ADD_TO_BASKET, url="https://northgate.co.uk/search?q=knee", via=(URL,)), EXPECTED),
        (look("<title>Page not found</title><script src=/app.js></script>"), EXPECTED),
        (
            look(
                PLAIN,
                url="https://northgate.co.uk/index.php?route=product/search&search=knee",
                via=("https://northgate.co.uk/index.php?route=product/product&product_id=42",),
            ),
            Expectation("https://northgate.co.uk/index.php?route=product/product&product_id=42"),
        ),
        (
            look(PLAIN, url="https://northgate.co.uk/en-gb/", via=("https://northgate.co.uk/uk/p/1",)),
            Expectation("https://northgate.co.uk/uk/p/1", countries=("GB",)),
        ),
        (look(PLAIN, url="https://northgate.co.uk/404.html", via=(URL,)), EXPECTED),
        (look(product(), url="https://elsewhere.example/knee-brace", via=(URL,)), EXPECTED),
        (
            look(
                product(),
                url="https://other.myshopify.com/knee",
                via=("https://northgate.myshopify.com/knee",),
            ),
            Expectation("https://northgate.myshopify.com/knee"),
        ),
        (look(PLAIN, url="https://northgate.co.uk/", via=(URL,)), replace(EXPECTED, is_range=True)),
        (look(PLAIN), replace(EXPECTED, nonsense_fingerprint=page_fingerprint(read_page(PLAIN, URL)))),
    ],
)
def test_a_page_that_is_not_the_product_s_is_a_soft_404(evidence, expected):
    judgement = judge(evidence, expected)
    assert (judgement.outcome, judgement.reachable) == (Outcome.SOFT_404, Reachable.BROKEN)


@pytest.mark.parametrize(
    "evidence",
    [
        look(product(name="The Page Not Found Mug")),
        look(product(name="Brace 404")),
        look(
            "<title>Model 404 brace</title><h1>Model 404 brace</h1><p>Strong and light, for sport and for work."
        ),
        look(product(), url="https://www.northgate.co.uk/knee-brace", via=(URL,)),
        look(product(), url="https://shop.northgate.co.uk/p/1", via=(URL,)),
        look(product(), url="https://northgate.co.uk/search?q=knee", via=(URL,)),
        look(PLAIN, url=f"{URL}/?keyword=spring", via=(URL,)),
        look(product(extra="<p>Page not found? Tell us.</p>")),
    ],
)
def test_a_product_page_is_no_soft_404_whatever_it_is_called(evidence):
    judgement = judge(evidence, EXPECTED)
    assert judgement.reachable is Reachable.OK


def test_a_product_page_is_believed_even_if_the_shop_serves_it_at_any_address():
    nonsense = page_fingerprint(read_page(product(), URL))
    assert outcome(look(product()), replace(EXPECTED, nonsense_fingerprint=nonsense)) is Outcome.HEALTHY


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("us/", Outcome.OTHER_REGION),
        ("us/knee-brace", Outcome.OTHER_REGION),
        ("en-us/", Outcome.OTHER_REGION),
        ("fr/", Outcome.OTHER_REGION),
        ("uk/", Outcome.SOFT_404),
        ("en-gb/", Outcome.SOFT_404),
        ("en/", Outcome.SOFT_404),
        ("eu/", Outcome.SOFT_404),
        ("uk/knee-brace", Outcome.NOT_JUDGED),
        ("hi-fi/knee-brace", Outcome.NOT_JUDGED),
    ],
)
def test_a_shop_that_sends_the_checker_to_its_pages_for_another_country_tells_nothing(place, found):
    sent = look(PLAIN, url=f"https://northgate.co.uk/{place}", via=(URL,))
    assert outcome(sent, replace(EXPECTED, countries=("GB", "IM"))) is found
    assert outcome(sent) is not Outcome.OTHER_REGION


def test_a_search_that_was_asked_for_and_a_home_page_that_was_asked_for_are_fine():
    search = "https://northgate.co.uk/search?q=brace"
    home = "https://northgate.co.uk/"
    assert outcome(look(PLAIN, url=search), Expectation(search, is_range=True)) is Outcome.NOT_JUDGED
    assert (
        outcome(look(PLAIN, url=search, via=(URL,)), replace(EXPECTED, is_range=True)) is Outcome.NOT_JUDGED
    )
    assert outcome(look(PLAIN, url=home), Expectation(home, is_range=True)) is Outcome.NOT_JUDGED


@pytest.mark.parametrize("text", [product(), MISSING, PLAIN])
@pytest.mark.parametrize("status", [200, 404, 500])
@pytest.mark.parametrize(
    ("url", "regional"),
    [
        ("https://northgate.com/knee-brace", ()),
        ("https://www.northgate.de/", ()),
        ("https://us.northgate.com/", ()),
        ("https://northgate-us.com/", ()),
        ("https://ngshop.us/knee-brace", ("ngshop.us",)),
    ],
)
def test_what_another_region_s_shop_shows_says_nothing_of_ours(text, status, url, regional):
    judgement = judge(look(text, status, url=url, via=(URL,)), replace(EXPECTED, regional_domains=regional))
    assert (judgement.outcome, judgement.reachable) == (Outcome.OTHER_REGION, Reachable.UNKNOWN)


def test_a_shop_that_sends_the_checker_to_another_country_s_path_is_another_region():
    evidence = look(
        product(), url="https://northgate.co.uk/en-us/", via=("https://northgate.co.uk/en-gb/knee",)
    )
    assert outcome(evidence, Expectation("https://northgate.co.uk/en-gb/knee")) is Outcome.OTHER_REGION


def test_a_circle_of_redirects_is_a_loop_unless_it_leads_through_another_region():
    circle = Evidence(URL, tuple(Hop(URL, 302, URL) for _ in range(3)), looped=True)
    abroad = replace(circle, hops=(*circle.hops, Hop("https://northgate.com/", 302, URL)))
    assert outcome(circle) is Outcome.REDIRECT_LOOP
    assert outcome(abroad) is Outcome.OTHER_REGION


def test_numbers_are_no_regional_sites_of_each_other():
    moved = look(product(), url="https://127.0.1.7/knee", via=("https://127.0.1.5/knee",))
    assert outcome(moved, Expectation("https://127.0.1.5/knee")) is Outcome.SOFT_404


@pytest.mark.parametrize(
    ("failure", "expected", "reachable"),
    [
        (Failure.TLS, Outcome.TLS_ERROR, Reachable.BROKEN),
        (Failure.DNS_NOT_FOUND, Outcome.DNS_ERROR, Reachable.BROKEN),
        (Failure.DNS_TEMPORARY, Outcome.OUR_NETWORK, Reachable.UNKNOWN),
        (Failure.REFUSED, Outcome.RESET, Reachable.BROKEN),
        (Failure.RESET, Outcome.RESET, Reachable.BROKEN),
        (Failure.TIMEOUT, Outcome.TIMEOUT, Reachable.BROKEN),
        (Failure.UNSAFE_ADDRESS, Outcome.UNSAFE_ADDRESS, Reachable.UNKNOWN),
        (Failure.BARRED, Outcome.BLOCKED, Reachable.UNKNOWN),
    ],
)
def test_each_failure_has_its_rule(failure, expected, reachable):
    judgement = judge(failed(failure, "so it was."), EXPECTED)
    assert (judgement.outcome, judgement.reachable) == (expected, reachable)
    assert judgement.reasons[Axis.REACHABLE].endswith("so it was.")


@pytest.mark.parametrize(
    "detail",
    [
        "unable to get local issuer certificate",
        "unable to verify the first certificate",
        "The certificate of a.example is from an unknown issuer, or the issuer's own certificate was not sent.",
    ],
)
def test_a_missing_intermediate_certificate_is_a_warning(detail):
    judgement = judge(failed(Failure.TLS, detail), EXPECTED)
    assert (judgement.outcome, judgement.reachable) == (Outcome.INCOMPLETE_CERTIFICATE, Reachable.UNKNOWN)


@pytest.mark.parametrize("status", [400, 402, 409, 418, 500, 502, 503, 520, 599])
def test_other_errors_of_the_server_are_server_errors(status):
    assert outcome(look("Oh", status)) is Outcome.SERVER_ERROR


@pytest.mark.parametrize(
    "evidence",
    [
        look(status=204),
        look(status=304),
        look(status=301),
        look(product(), 206),
        look(product(), 203),
        look("", 200),
        look(product(), headers={"content-encoding": "gzip"}),
        look("x", 103),
        look("x", 700),
        Evidence(URL, (Hop(URL, 302, location="https://northgate.co.uk/next"),)),
        Evidence(URL, (Hop(URL),)),
    ],
)
def test_from_anything_else_nothing_is_concluded(evidence):
    judgement = judge(evidence, EXPECTED)
    assert (judgement.outcome, judgement.reachable, judgement.buyable) == (
        Outcome.UNKNOWN,
        "unknown",
        "unknown",
    )


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (product(), Buyable.IN_STOCK),
        (product("OutOfStock"), Buyable.OUT_OF_STOCK),
        (product("Discontinued"), Buyable.DISCONTINUED),
        (product("OutOfStock", extra="<p>This product has been discontinued.</p>"), Buyable.DISCONTINUED),
        (product("OutOfStock", extra="<button>Add to basket</button>"), Buyable.UNKNOWN),
        (product("InStock", extra="<p>Sold out</p>"), Buyable.UNKNOWN),
        (product("InStock", extra="<h2>Related products</h2><p>Sold out</p>"), Buyable.IN_STOCK),
        (product("nonsense"), Buyable.IN_STOCK),
        (product("nonsense", extra="<p>Currently unavailable.</p>"), Buyable.OUT_OF_STOCK),
        (product("nonsense", extra="<p>Sold out</p><button>Add to basket</button>"), Buyable.UNKNOWN),
        (
            product("nonsense", extra="<p>Sold out</p><button disabled>Add to basket</button>"),
            Buyable.OUT_OF_STOCK,
        ),
        ("<p>Sold out</p>" + PLAIN, Buyable.UNKNOWN),  # no product marker: a soft block says so too
    ],
)
def test_stock_is_read_where_a_product_is_shown_and_nothing_conflicts(html, expected):
    judgement = judge(look(html), EXPECTED)
    assert judgement.buyable is expected
    assert judgement.reachable is Reachable.OK
    assert judgement.reasons[Axis.BUYABLE]


def test_a_page_cut_short_that_says_nothing_of_stock_is_not_taken_for_in_stock():
    assert judge(look(product("nonsense"), truncated=True), EXPECTED).buyable is Buyable.UNKNOWN
    assert judge(look(product(), truncated=True), EXPECTED).buyable is Buyable.IN_STOCK


BASELINE = Baseline("Northgate Knee Brace", "05012345678900", "NK-1", URL)


@pytest.mark.parametrize(
    ("html", "baseline", "different"),
    [
        (product(), BASELINE, False),
        (product(name="Knee Brace (new) – Northgate"), replace(BASELINE, gtin=""), False),
        (product(name="Northgate Knee Braces", gtin=""), BASELINE, False),
        (product(name="Ridge Walking Sock", gtin=""), BASELINE, True),
        (product(name="Northgate Calf Sleeve", gtin=""), BASELINE, True),
        (product(name="Ridge Walking Sock"), BASELINE, False),  # the code decides
        (product(gtin="5099999999999"), BASELINE, True),
        (product(gtin="5099999999999"), replace(BASELINE, gtin="05012345678900 05099999999999"), False),
        (product(canonical="/new-address", gtin=""), BASELINE, False),
        (product(name="Ridge Sock", canonical="/ridge", gtin=""), BASELINE, True),
        (product(name="Ridge Sock"), Baseline(), False),
        (product("OutOfStock", name="Ridge Sock", gtin=""), BASELINE, False),  # out of stock stands earlier
        (PLAIN, BASELINE, False),
    ],
)
def test_another_product_at_the_address_is_noticed(html, baseline, different):
    judgement = judge(look(html), replace(EXPECTED, baseline=baseline))
    assert (judgement.outcome is Outcome.DIFFERENT_PRODUCT) is different
    assert (judgement.buyable is Buyable.DIFFERENT_PRODUCT) is different


def test_stock_and_sameness_do_not_apply_to_a_range():
    for html in (PLAIN, product("OutOfStock"), product(name="Ridge Sock", gtin="")):
        judgement = judge(look(html), replace(EXPECTED, is_range=True, baseline=BASELINE))
        assert (judgement.reachable, judgement.buyable) == (Reachable.OK, Buyable.UNKNOWN)


def test_a_healthy_page_gives_its_baseline_and_others_none():
    judgement = judge(look(product()), EXPECTED)
    assert judgement.outcome is Outcome.HEALTHY
    assert judgement.facts == Baseline("Northgate Knee Brace", "05012345678900", "", URL)
    assert judge(look(product("OutOfStock")), EXPECTED).facts is None


def test_a_redirect_that_ends_at_the_product_is_harmless():
    moved = look(product(), url="https://northgate.co.uk/p/new", via=(URL,))
    assert outcome(moved) is Outcome.REDIRECTED
    assert judge(moved, EXPECTED).buyable is Buyable.IN_STOCK
    assert outcome(look(product(), url=f"{URL}?q=knee&ref=old", via=(URL,))) is Outcome.REDIRECTED


def test_a_page_without_marks_is_reachable_and_not_judged():
    judgement = judge(look(PLAIN), EXPECTED)
    assert (judgement.outcome, judgement.reachable, judgement.buyable) == (
        Outcome.NOT_JUDGED,
        "ok",
        "unknown",
    )


def tracked(slug, **settings):
    """What is expected of the link that readers follow, with a network's own say on identity."""
    return replace(EXPECTED, probe=Probe.TRACKED, identity=programmes.adapter(slug).expectation(settings))


IN_HOUSE = tracked("in_house", parameter="ref", value="me")
AWIN = tracked("awin", publisher_id="4242", merchant_id="7")
CLICK = "https://www.awin1.com/cread.php?awinmid=7&awinaffid=4242&ued=x"
OTHERS_CLICK = "https://www.awin1.com/cread.php?awinmid=7&awinaffid=9999&ued=x"


@pytest.mark.parametrize(
    ("expected", "evidence", "identity"),
    [
        (EXPECTED, look(product()), Identity.UNKNOWN),
        (replace(EXPECTED, probe=Probe.NO_PROGRAMME), look(product()), Identity.NOT_APPLICABLE),
        (replace(EXPECTED, probe=Probe.TRACKED), look(product()), Identity.UNKNOWN),
        (IN_HOUSE, look(product(), url=f"{URL}?ref=me"), Identity.PROVEN),
        (IN_HOUSE, look(product(), url=f"{URL}/now?a=1&ref=me", via=(f"{URL}?ref=me",)), Identity.PROVEN),
        (IN_HOUSE, look(product(), url=f"{URL}/now", via=(f"{URL}?ref=me",)), Identity.LOST),
        (IN_HOUSE, look(product(), url=f"{URL}?ref=you", via=(f"{URL}?ref=me",)), Identity.LOST),
        (AWIN, look(product(), url=f"{URL}?awc=7_1_abc", via=(CLICK,)), Identity.PROVEN),
        (AWIN, look(product(), via=(CLICK, f"{URL}?awc=7_1_abc")), Identity.PROVEN),
        (AWIN, look(product(), via=(CLICK,)), Identity.HANDED_OVER),
        (AWIN, look(product(), url=f"{URL}?awc=7_1_abc", via=(OTHERS_CLICK,)), Identity.LOST),
        (AWIN, look(product()), Identity.LOST),
        (
            replace(AWIN, destination=f"{URL}?awc=9_9_theirs"),
            look(product(), url=f"{URL}?awc=9_9_theirs", via=(CLICK,)),
            Identity.HANDED_OVER,
        ),
    ],
)
def test_identity_is_proven_handed_over_or_lost(expected, evidence, identity):
    judgement = judge(evidence, expected)
    assert judgement.identity is identity
    assert (judgement.outcome is Outcome.IDENTITY_LOST) is (identity is Identity.LOST)
    assert judgement.reachable is Reachable.OK
    assert judgement.buyable is Buyable.IN_STOCK


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (look(PLAIN, url="https://www.awin1.com/closedMerchant.html", via=(CLICK,)), Outcome.SOFT_404),
        (look("<h1>This link is inactive</h1><p>The advertiser left us.", url=CLICK), Outcome.SOFT_404),
        (
            look("<p>One moment, you are being taken to the shop of your choice.</p>", url=CLICK),
            Outcome.UNKNOWN,
        ),
        (look(PLAIN, url="https://northgate.co.uk/", via=(CLICK,)), Outcome.SOFT_404),
        (look(CAPTCHA, 200, via=(CLICK,)), Outcome.BLOCKED),
        (look(status=404, via=(CLICK,)), Outcome.GONE),
    ],
)
def test_a_tracked_link_that_never_arrives_says_nothing_of_identity(evidence, expected):
    judgement = judge(evidence, AWIN)
    assert (judgement.outcome, judgement.identity) == (expected, Identity.UNKNOWN)


@pytest.mark.parametrize("place", ["", "search?q=knee", "us/"])
def test_a_link_that_hides_its_destination_may_be_meant_for_any_page(place):
    short = "https://tidd.ly/3abc"
    landed = look(PLAIN, url=f"https://northgate.co.uk/{place}", via=(short,))
    assert outcome(landed, Expectation(short, anywhere_but=("tidd.ly",))) is Outcome.NOT_JUDGED


def test_lost_identity_comes_before_stock_and_both_are_told():
    judgement = judge(look(product("OutOfStock")), IN_HOUSE)
    assert judgement.outcome is Outcome.IDENTITY_LOST
    assert judgement.buyable is Buyable.OUT_OF_STOCK


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (look(MISSING), look(MISSING), True),
        (look(MISSING), look(MISSING + "<p>Request 17</p>"), True),
        (look(MISSING), look(status=404), False),
        (look(MISSING), look(MISSING, url=f"{URL}/x", via=(URL,)), False),
        (look(status=500), look(status=502), False),
    ],
)
def test_equal_results_have_equal_fingerprints(one, other, same):
    assert (judge(one, EXPECTED).fingerprint == judge(other, EXPECTED).fingerprint) is same


def test_a_different_product_is_another_result_than_a_third_one():
    expected = replace(EXPECTED, baseline=BASELINE)
    sock, hat = (judge(look(product(name=name, gtin="")), expected) for name in ("Ridge Sock", "Summer Hat"))
    assert sock.outcome is hat.outcome is Outcome.DIFFERENT_PRODUCT
    assert sock.fingerprint != hat.fingerprint


def test_pages_that_differ_in_digits_alone_have_one_fingerprint():
    pages = [read_page(f"<title>Gone</title><p>Nothing here, request {n}</p>", URL) for n in (17, 123456)]
    assert page_fingerprint(pages[0]) == page_fingerprint(pages[1])
    assert page_fingerprint(pages[0]) != page_fingerprint(read_page(PLAIN, URL))


def test_every_outcome_has_a_sentence_for_editors():
    sentences = [one.words for one in Outcome]
    assert len(set(sentences)) == len(Outcome)
    assert all(sentence.endswith(".") for sentence in sentences)


def test_the_headers_that_are_read_are_named_for_the_door():
    assert {"retry-after", "content-encoding", "cf-mitigated", "date"} <= HEADERS_READ
    assert all(name == name.lower() for name in HEADERS_READ)


URLS = st.sampled_from(
    [
        URL,
        "https://northgate.com/",
        "https://northgate.co.uk/",
        CLICK,
        "https://x.example/?q=1",
        "http://[",
        "",
        "mailto:a@b.example",
        "https://1.2.3.4/",
    ],
)
EVIDENCE = st.builds(
    lambda url, status, failure, text, headers, looped: Evidence(
        url,
        (Hop(url, None if failure else status, failure=failure, headers=headers),),
        text,
        "text/html",
        looped=looped,
    ),
    URLS,
    st.one_of(st.none(), st.integers(0, 999)),
    st.one_of(st.none(), st.sampled_from(Failure)),
    st.one_of(
        st.text(max_size=40), st.sampled_from([product(), product("OutOfStock"), MISSING, CAPTCHA, PLAIN])
    ),
    st.dictionaries(st.sampled_from(sorted(HEADERS_READ)), st.text(max_size=12), max_size=2),
    st.booleans(),
)


@given(
    EVIDENCE,
    st.sampled_from(
        [EXPECTED, IN_HOUSE, AWIN, replace(EXPECTED, is_range=True, baseline=BASELINE), Expectation("")]
    ),
)
def test_any_evidence_is_judged_and_the_axes_agree_with_the_outcome(evidence, expected):
    judgement = judge(evidence, expected)
    assert judgement.reachable is not Reachable.SUSPECT
    if judgement.reachable is not Reachable.OK:
        assert (judgement.identity, judgement.buyable) == (Identity.UNKNOWN, Buyable.UNKNOWN)
    if evidence.last.status in BLOCKED_STATUSES or evidence.last.status == 429:
        assert judgement.reachable is Reachable.UNKNOWN
    assert (judgement.retry_after is not None) is (judgement.outcome is Outcome.RATE_LIMITED)
    assert judgement.fingerprint == judge(evidence, expected).fingerprint
