"""What a page says about itself."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.linkcheck.page import MAX_FIELD, MAX_TEXT, MAX_WORDS, PageFacts, Stock, StockSignal, read_page

HERE = "https://shop.example/p/brace"


def read(html):
    return read_page(html, HERE)


def json_ld(data):
    return f'<script type="application/ld+json">{data}</script>'


def stocks(page):
    return {signal.source: signal.stock for signal in page.availability}


@pytest.mark.parametrize(
    ("html", "field", "value"),
    [
        ("<title> Knee &amp; thigh\n brace </title>", "title", "Knee & thigh brace"),
        ("<TITLE>One</TITLE><svg><title>Two</title></svg>", "title", "One"),
        ('<meta property="og:title" content="Brace">', "title", "Brace"),
        ("<title>Brace", "title", "Brace"),
        ("<h1>Knee <em>brace</em><br>black</h1><h1>Other</h1>", "h1", "Knee brace black"),
        ('<link rel="canonical" href="/p/1">', "canonical", "https://shop.example/p/1"),
        ("<link href=//other.example/x rel='CANONICAL nofollow'>", "canonical", "https://other.example/x"),
        (
            '<base href="https://cdn.example/a/"><link rel=canonical href=b>',
            "canonical",
            "https://cdn.example/a/b",
        ),
        ('<link rel="canonical" href="javascript:alert(1)">', "canonical", ""),
        ('<link rel="canonical" href="http://[">', "canonical", ""),
        ('<!-- <link rel="canonical" href="/old"> --><title>x</title>', "canonical", ""),
        ('<script>"<link rel=canonical href=/no>"</script>', "canonical", ""),
        (
            '<meta http-equiv="Refresh" content="0; URL=\'/next\'">',
            "meta_refresh",
            "https://shop.example/next",
        ),
        ('<meta http-equiv="refresh" content="5">', "meta_refresh", ""),
        ('<body class="Error404 wide" id="Top">', "body_classes", ("error404", "wide", "top")),
        ("<button class=a>Add to <b>basket</b></button>", "buttons", ("Add to basket",)),
        ('<input type="submit" value="Buy now">', "buttons", ("Buy now",)),
        ("<button disabled>Sold out</button>", "dead_buttons", ("Sold out",)),
        ('<button aria-disabled="true">Sold out', "dead_buttons", ()),
        ('<meta property="product:price:amount" content="24.99">', "price", "24.99"),
        ('<meta property="product:price:currency" content="GBP">', "currency", "GBP"),
        (
            "<p>One</p><p>two<b>three</b></p><style>no</style><template>no</template>&nbsp;four",
            "words",
            "One twothree four",
        ),
        ("a < b and 3 > 2", "words", "a < b and 3 > 2"),
        ("<!-->seen<!-- hidden --!>too", "words", "seentoo"),
        ("<p title='a > b'>x</p>", "words", "x"),
        ("<a href=it's>x</a><p>y", "words", "x y"),
        ("<script></script><SCRIPT src=x></script >", "scripts", 2),
        ("<p>One two three four five</p><noscript>Enable it</noscript>", "words", "One two three four five"),
        (
            "<p>One two three four five<select><option>M - sold out</select><i hidden>no</i> six",
            "words",
            "One two three four five six",
        ),
        (
            "<p>One two three four five<div style='display : none'>a<div>b</div>c</div>six",
            "words",
            "One two three four five six",
        ),
        (
            "<p>One two three four five<p hidden>no<p>six<ul><li hidden>no<li>seven</ul>",
            "words",
            "One two three four five six seven",
        ),
        (
            "<div hidden><h1>Brace</h1><p>All of it under a cover</p></div>",
            "words",
            "Brace All of it under a cover",
        ),
        ("<body style='display:none'><p>Shown at once</p>", "words", "Shown at once"),
        (
            "<p>One two three four five<svg><path style='display:none' d='M0'/></svg>six",
            "words",
            "One two three four five six",
        ),
        (
            "<p>One two three four five<ul><li hidden>no<ul><li>nor this<li>nor that</ul>no<li>six</ul>",
            "words",
            "One two three four five six",
        ),
        (
            "<p>One two three four five<table><tr hidden><td>no<table><tr><td>no</table><td>no<tr><td>six</table>",
            "words",
            "One two three four five six",
        ),
        ("<ul><li>One two three four five<li hidden>no</ul><p>six", "words", "One two three four five six"),
        ("<dl><dt>One two three four<dd hidden>no<dt>five</dl>", "words", "One two three four five"),
        ("<p>One two three four five</p><DIV HIDDEN>no</DIV>six", "words", "One two three four five six"),
        (
            "<p>One two three four five</p><div STYLE='DISPLAY:NONE'>no</div>six",
            "words",
            "One two three four five six",
        ),
        (
            "<form action='/cart/add'><button>+</button><button>Kaufen</button></form>",
            "basket_buttons",
            ("Kaufen",),
        ),
        ("<form action='/cart/add'><input type=image alt=Buy></form><button>x", "basket_buttons", ("Buy",)),
        ("<form action='/cart/add'><button type=button>Ask</button></form>", "basket_buttons", ()),
        ("<form action='/cart/add'><button disabled>Buy</button></form>", "basket_buttons", ()),
        ("<form action='/search'><button>Go</button></form>", "basket_buttons", ()),
    ],
)
def test_each_fact_is_read(html, field, value):
    assert getattr(read(html), field) == value


@pytest.mark.parametrize(
    ("availability", "stock"),
    [
        ("https://schema.org/InStock", Stock.IN),
        ("http://schema.org/InStock/", Stock.IN),
        ("InStock", Stock.IN),
        ("in stock", Stock.IN),
        ("schema:PreOrder", None),
        ("https://schema.org/PreOrder", Stock.IN),
        ("https://schema.org/BackOrder", Stock.IN),
        ("https://schema.org/LimitedAvailability", Stock.IN),
        ("https://schema.org/OutOfStock", Stock.OUT),
        ("https://schema.org/SoldOut", Stock.OUT),
        ("oos", Stock.OUT),
        ("https://schema.org/Discontinued", Stock.DISCONTINUED),
        ("perhaps", None),
        ("", None),
    ],
)
def test_availability_is_read_from_all_three_kinds_of_markup(availability, stock):
    expected = {} if stock is None else stock
    offer = f'{{"@type": "Product", "name": "Brace", "offers": {{"availability": "{availability}"}}}}'
    assert stocks(read(json_ld(offer))) == (expected and {"JSON-LD": expected})
    micro = f'<div itemscope itemtype="https://schema.org/Product"><div itemprop=offers itemscope itemtype="https://schema.org/Offer"><link itemprop=availability href="{availability}"></div></div>'
    assert stocks(read(micro)) == (expected and {"microdata": expected})
    tags = f'<meta property="product:availability" content="{availability}">'
    assert stocks(read(tags)) == (expected and {"product tags": expected})


def test_json_ld_gives_all_of_the_product():
    page = read(
        json_ld(
            """[{"@context": "https://schema.org", "@graph": [{"@type": "WebPage"}, {"@type": ["Thing", "Product"],
            "name": "Knee&nbsp;brace", "sku": 12, "mpn": "KB-1", "gtin13": "501-2345678900",
            "offers": [{"@type": "Offer", "price": 24.99, "priceCurrency": "GBP", "availability": "InStock"}]}]}]"""
        )
    )
    assert page == PageFacts(
        HERE,
        name="Knee brace",
        is_marked_up_as_product=True,
        availability=(StockSignal("JSON-LD", Stock.IN),),
        price="24.99",
        currency="GBP",
        gtins=("05012345678900",),
        mpn="KB-1",
        sku="12",
        has_product_marker=True,
        scripts=1,
    )


def test_microdata_gives_all_of_the_product_and_nothing_of_its_neighbours():
    page = read(
        """<article itemscope itemtype="http://schema.org/Product"><h1 itemprop="name">Knee <i>brace</i></h1>
        <span itemprop="gtin13" content="5012345678900"></span><b itemprop=mpn>KB-1</b>
        <div itemprop="brand" itemscope itemtype="http://schema.org/Brand"><b itemprop="name">Northgate</b></div>
        <div itemprop="offers" itemscope itemtype="http://schema.org/Offer"><meta itemprop="price" content="9">
        <link itemprop="availability" href="http://schema.org/OutOfStock"></div>
        <div itemprop="isRelatedTo" itemscope itemtype="http://schema.org/Product"><b itemprop=name>Strap</b>
        <link itemprop="availability" href="http://schema.org/InStock"></div></article>"""
    )
    assert (page.name, page.gtins, page.mpn, page.price) == ("Knee brace", ("05012345678900",), "KB-1", "9")
    assert stocks(page) == {"microdata": Stock.OUT}


def test_one_size_left_keeps_a_product_in_stock():
    variants = ",".join(
        f'{{"@type": "Product", "offers": {{"availability": "{one}"}}}}' for one in ("OutOfStock", "InStock")
    )
    assert stocks(read(json_ld(f'{{"@type": "ProductGroup", "hasVariant": [{variants}]}}'))) == {
        "JSON-LD": Stock.IN
    }


LISTED = [
    f'{{"@type": "Product", "name": "Brace {n}", "url": "/p/{n}", "offers": {{"availability": "{stock}"}}}}'
    for n, stock in enumerate(("OutOfStock", "InStock"))
]


def test_a_listing_presents_no_one_product():
    assert not read(json_ld(f"[{','.join(LISTED)}]")).has_product_marker


@pytest.mark.parametrize(
    "extra", ['<link rel=canonical href="/p/0">', "<h1>Brace 0</h1>", "<title>Brace 0 | Shop</title>"]
)
def test_of_several_products_the_page_s_own_is_found_by_address_heading_or_title(extra):
    page = read(extra + json_ld(f"[{','.join(LISTED)}]"))
    assert page.name == "Brace 0"
    assert stocks(page) == {"JSON-LD": Stock.OUT}


QUICK_ADD = "<form action=/cart/add><input type=hidden name=id value={}><button>Add</button></form>"
MAIN_FORM = "<form action=/cart/add><input type=hidden name=id value=1><input name=quantity><button>Add</button></form>"


@pytest.mark.parametrize(
    ("html", "has"),
    [
        ("<p>Words</p>", False),
        ('<meta property="og:type" content="website">', False),
        ('<meta property="og:type" content="product">', True),
        ('<form action="/cart/add" method="post">', True),
        ('<body class="single-product woocommerce">', True),
        (QUICK_ADD.format(1) * 2, True),
        (QUICK_ADD.format(1) + QUICK_ADD.format(2), False),
        (MAIN_FORM + QUICK_ADD.format(2) + QUICK_ADD.format(3), True),
        (MAIN_FORM.replace("<input name=quantity>", "<select name=id></select>") + QUICK_ADD.format(2), True),
        (MAIN_FORM + MAIN_FORM.replace("value=1", "value=2"), False),
        (
            '<form action="/checkout/cart/add/product/1">' + '<form action="/checkout/cart/add/product/2">',
            False,
        ),
        ("<h1>Brace</h1><p>£24.99</p><button>Add to basket</button>", True),
        ("<h1>Brace</h1><p>24,99 €</p><button disabled>Sold out</button>", True),
        ("<h1>Brace</h1><button>Add to basket</button>", False),
        ("<h1>Braces</h1>" + "<p>£24.99</p><button>Add to basket</button>" * 3, False),
        ("<h1>Not found</h1><p>Free delivery over £40</p><button>Search</button>", False),
        (json_ld('{"@type": "Product"'), False),
        (json_ld('{"@type": "Organization"}'), False),
    ],
)
def test_a_product_page_is_known_by_its_marks(html, has):
    assert read(html).has_product_marker is has


@pytest.mark.parametrize(
    ("code", "kept"),
    [
        ("5012345678900", "05012345678900"),
        ("012345678905", "00012345678905"),
        ("978-0-306-40615-7", "09780306406157"),
        ("12", ""),
        ("00000000", ""),
        ("５０１２３４５６７８９００", ""),
        ("abc", ""),
    ],
)
def test_codes_of_one_article_are_equal_however_they_are_written(code, kept):
    assert read(json_ld(f'{{"@type": "Product", "gtin": "{code}"}}')).gtins == ((kept,) if kept else ())


SEEDS = [
    "<!--", "<!-", "<a ", "<a b='", '<a b="', "<a b=", "<a = ", "</a ", "</", "<", "< ", "<?x ", "<!x", "<![CDATA[", "&#", "&amp",
    "<script>", "<script ", "<script", "</script", "<script></scrip", "<title>", "<h1>x", "<button>x", "<div>", "<i></b>",
    "<div itemscope itemtype=https://schema.org/Product><b itemprop=name>a", "<p itemprop=name>a", "<meta content='0;url=", " ",
    "a", "\0", "<svg><title>", "<template><p>", "<a item a", '<meta property="og:title" content="x">',
]  # fmt: skip
WHOLE = [
    json_ld("[" * 200_000),
    json_ld('{"@graph":' * 40_000 + "1" + "}" * 40_000),
    json_ld("[" + ",".join(['{"@type":"Product","offers":[' + ",".join(["{}"] * 60) + "]}"] * 2000) + "]"),
    json_ld('{"@type":"Product","sku":' + "9" * 100_000 + "}"),
    "<a " + "x " * 200_000 + "item>",
    "<a item " + '="' * 200_000 + ">",
    "<a item" + " " * 400_000 + ">",
    '<meta http-equiv=refresh content="1' + " " * 400_000 + '">',
    "<title>" + "x" * 400_000,
]  # fmt: skip


@pytest.mark.parametrize(
    "html", [seed * (MAX_TEXT // len(seed)) for seed in SEEDS] + WHOLE, ids=lambda html: html[:24]
)
def test_half_a_megabyte_of_hostile_markup_is_read_in_linear_time(html):
    start = time.process_time()
    page = read(html)
    # Linear reading takes a quarter of a second at most here; what is quadratic takes minutes.
    assert time.process_time() - start < 5
    assert len(page.words) <= MAX_WORDS
    assert max(len(page.title), len(page.h1), len(page.name), len(page.sku)) <= MAX_FIELD


@given(
    st.lists(
        st.sampled_from(
            [*SEEDS, ">", "'", '"', "</h1>", "</title>", "-->", "</script>", '{"@type":"Product"}', "=", "/>"]
        ),
        max_size=60,
    )
)
def test_any_mixture_of_broken_markup_is_read(pieces):
    page = read("".join(pieces))
    assert page.url == HERE


@given(st.text(max_size=300))
def test_any_text_is_read(text):
    assert len(read(text).words) <= MAX_WORDS
    read(json_ld(text))
