"""Ordinary product addresses of every awkward kind, for the round trips of all networks."""

from hypothesis import strategies as st

from products.programmes.adapter import Adapter, Settings

_ESCAPES = ["%20", "%2F", "%3F", "%23", "%26", "%25", "%C3%A9", "%e9", "%FF", "%2B", "+", "é", "ß", "日本"]
_WORD = st.text(alphabet="abcXYZ019-_.~", min_size=1, max_size=6)
_PIECE = st.lists(st.one_of(_WORD, st.sampled_from(_ESCAPES)), max_size=3).map("".join)
# Names no network uses: their own are the subject of other tests.
_NAMES = st.sampled_from(["colour", "size", "variant", "q", "a%5B%5D", "x.y", "é", "colour"])
_PARAMETER = st.one_of(
    st.tuples(_NAMES, _PIECE).map("=".join),
    _NAMES,
    st.just(""),
    st.just("next=https://other.example/?a=1"),
)


@st.composite
def addresses(
    draw,
    hosts=("shop.example", "www.shop.example:8443", "SHOP.example", "xn--caf-dma.example", "café.example"),
):
    scheme = draw(st.sampled_from(["https", "http", "HTTPS"]))
    # A segment of dots alone is resolved by browsers; CJ's own test has those.
    segments = draw(
        st.lists(_PIECE.filter(lambda text: text.replace("%2E", ".").strip(".") or not text), max_size=4)
    )
    path = "".join(f"/{segment}" for segment in segments)
    query = draw(st.none() | st.lists(_PARAMETER, max_size=4).map("&".join))
    fragment = draw(st.none() | _PIECE)
    return (
        f"{scheme}://{draw(st.sampled_from(hosts))}{path}"
        + ("" if query is None else f"?{query}")
        + ("" if fragment is None else f"#{fragment}")
    )


sub_ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True) | st.just("")


def assert_round_trip(
    adapter: Adapter, settings: Settings, identity: str, destination: str, sub_id: str
) -> None:
    tracked = adapter.build(settings, destination, sub_id)
    link = adapter.parse(tracked, settings)
    assert link is not None
    assert (link.network, link.identity, link.sub_id) == (adapter.slug, identity, sub_id)
    assert link.destination == destination
    assert not link.legacy
    assert adapter.build(settings, tracked, sub_id) == tracked, "tracking a tracked link changes nothing"
