from __future__ import annotations

import datetime as dt
import errno
import gc
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from urllib.parse import urlsplit

import pytest
import requests
import trustme
from hypothesis import given
from hypothesis import strategies as st
from urllib3.util import parse_url

from products import fetch
from products.fetch import Door, HostBusy, Target, UnsafeAddress, check_url
from products.linkcheck.evidence import Evidence, Failure
from tests.hostile_server import BOMB, PAGE, HostileServer
from tests.products.hostile_addresses import PRIVATE_V4, PRIVATE_V6, hostile_addresses

pytestmark = pytest.mark.slow

AGENT = "Referred/1.0 (+https://referred.example/checks)"
DEADLINE = 0.4  # seconds
GRACE = 2.0  # what a busy machine may add; the hostile wait for half a minute, or for ever


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority, tmp_path_factory) -> str:
    file = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return str(file)


def serving(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


@pytest.fixture
def plain() -> Iterator[HostileServer]:
    with HostileServer() as server:
        yield server


@pytest.fixture
def secure(authority) -> Iterator[HostileServer]:
    with HostileServer(serving(authority.issue_cert("shop.example"))) as server:
        yield server


@pytest.fixture
def dialled(monkeypatch) -> list[tuple[str, int]]:
    """What the door tries to dial. Nothing is reached: public numbers can't be, in tests."""
    attempts: list[tuple[str, int]] = []

    def connect(self: socket.socket, address: tuple[str, int]) -> None:
        attempts.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(fetch._MeteredSocket, "connect", connect)
    return attempts


def door_to(
    server: HostileServer, *, ca_file: str | None = None, deadline: float = DEADLINE, **more: object
) -> Door:
    targets = {name: Target("127.0.0.1", server.port, ca_file) for name in ("shop.example", "other.example")}
    return Door(user_agent=AGENT, targets=targets, deadline=deadline, **more)


def resolving(*answers: tuple[str, ...]) -> Callable[..., list[tuple]]:
    """A resolver that gives the answers in turn, and the last one for ever."""
    left = list(answers)
    asked: list[str] = []

    def resolver(host: str, port: int, family: int = 0, kind: int = 0) -> list[tuple]:
        asked.append(host)
        numbers = left.pop(0) if len(left) > 1 else left[0]
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, kind, 6, "", (one, port)) for one in numbers
        ]

    resolver.asked = asked
    return resolver


# --- what a good shop's page becomes ---------------------------------------------------------------


def test_a_page_is_brought_back_with_its_status_text_and_kept_headers(plain):
    evidence = door_to(plain).look("http://shop.example/page#size-l")
    assert evidence.requested == "http://shop.example/page#size-l"
    assert evidence.last.status == 200
    assert evidence.last.failure is None
    assert evidence.text == PAGE.decode()
    assert evidence.content_type == "text/html; charset=utf-8"
    assert not evidence.truncated
    assert not evidence.looped
    assert 0 < evidence.seconds < 5


def test_the_shop_sees_the_name_that_was_asked_and_an_honest_agent(plain):
    door_to(plain).look("http://shop.example/page?q=1#top")
    request = plain.requests[0].decode()
    assert request.startswith("GET /page?q=1 HTTP/1.1\r\n")
    assert "\r\nHost: shop.example\r\n" in request
    assert f"\r\nUser-Agent: {AGENT}\r\n" in request
    assert "\r\nAccept-Encoding: identity\r\n" in request


def test_the_environment_changes_nothing(plain, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine shop.example login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none"))
    assert door_to(plain).look("http://shop.example/page").last.status == 200
    assert b"Authorization" not in plain.requests[0]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("chunked", "hello"),
        ("no_length", PAGE.decode()),
        ("early_hints", PAGE.decode()),
        ("latin", "café"),
        ("no_charset", "café"),
        ("meta_charset", "<meta charset=windows-1251><p>Цена"),
        ("odd_charset", "plain"),
        ("nul", "a\ufffdb"),
        ("gone", "<h1>Gone</h1>"),
        ("picture", ""),
    ],
)
def test_a_body_becomes_text(plain, path, text):
    evidence = door_to(plain).look(f"http://shop.example/{path}")
    assert evidence.text == text
    assert evidence.last.failure is None
    assert not evidence.truncated


def test_what_the_judge_needs_of_the_headers_is_kept_and_cookies_are_not(plain):
    look = door_to(plain).look
    assert dict(look("http://shop.example/wall").last.headers) == {
        "cf-mitigated": "challenge",
        "content-type": "text/html; charset=utf-8",
        "retry-after": "60",
        "server": "cloudflare",
    }
    evidence = look("http://shop.example/set_cookie")
    assert evidence.last.headers["set-cookie"] == "present"
    assert "s3cr3t" not in repr(evidence)


# --- following -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["small_redirect", "script_hop", "meta_hop", "header_hop", "bomb_in_redirect"]
)
def test_a_redirect_is_followed_and_each_hop_is_told(plain, path):
    evidence = door_to(plain).look(f"http://shop.example/{path}")
    assert [hop.url for hop in evidence.hops] == [f"http://shop.example/{path}", "http://shop.example/page"]
    assert evidence.hops[0].location == "http://shop.example/page"
    assert evidence.text == PAGE.decode()


def test_a_redirect_that_names_no_place_is_the_end(plain):
    evidence = door_to(plain).look("http://shop.example/no_location")
    assert (evidence.last.status, evidence.last.location, evidence.text) == (302, None, "moved")


def test_an_empty_location_leads_nowhere(plain):
    evidence = door_to(plain).look("http://shop.example/to/20")
    assert (len(evidence.hops), evidence.last.status, evidence.last.location) == (1, 302, None)


def test_of_two_locations_the_first_counts(plain):
    assert door_to(plain).look("http://shop.example/two_locations").final_url == "http://shop.example/page"


@pytest.mark.parametrize(
    ("location", "final"),
    [
        ("/page", "http://shop.example/page"),
        ("page?x=1", "http://shop.example/to/page?x=1"),
        ("//other.example/page", "http://other.example/page"),
        ("HTTP://Other.Example:80/page", "http://other.example/page"),
        ("/page?q=thigh support", "http://shop.example/page?q=thigh%20support"),
        ("/page?q=café", "http://shop.example/page?q=caf%C3%A9"),
        ("  /page  ", "http://shop.example/page"),
    ],
)
def test_a_location_is_read_as_browsers_read_it(plain, location, final):
    evidence = door_to(plain).look(f"http://shop.example/to/{location.encode().hex()}")
    assert evidence.final_url == final


def test_a_location_in_latin_letters_is_escaped_byte_by_byte(plain):
    evidence = door_to(plain).look(f"http://shop.example/to/{'/page?é'.encode('latin-1').hex()}")
    assert evidence.final_url == "http://shop.example/page?%E9"


def test_cookies_last_for_a_look_and_not_for_the_next(plain):
    door = door_to(plain)
    with door.session("shop.example") as session:
        for _ in range(2):
            assert (
                door.look("http://shop.example/cookie_gate", session_for=lambda host: session).last.status
                == 200
            )
    assert ["Cookie: seen=1" in request.decode() for request in plain.requests] == [False, True, False, True]


def test_cookies_are_not_shown_to_another_shop(plain):
    door = door_to(plain)
    door.look("http://shop.example/cookie_gate")
    there = b"http://other.example/page".hex()
    door.look(f"http://shop.example/to/{there}")
    assert b"Cookie" not in plain.requests[-1]


def test_a_loop_ends_when_an_address_comes_for_the_third_time(plain):
    evidence = door_to(plain).look("http://shop.example/loop")
    assert evidence.looped
    assert [hop.status for hop in evidence.hops] == [302, 302]
    assert len(plain.asked) == 2


def test_a_chain_ends_after_ten_requests(plain):
    evidence = door_to(plain).look("http://shop.example/endless_redirect")
    assert evidence.looped
    assert len(evidence.hops) == len(plain.asked) == 10


def test_a_look_stops_before_each_request_and_says_whom_it_would_ask(plain):
    there = b"http://other.example/page".hex()
    door = door_to(plain)
    look = door.begin(f"http://shop.example/to/{there}")
    assert not plain.asked
    with door.session("shop.example") as session:
        look.ask(session)
    assert look.address == "http://other.example/page"
    assert len(plain.asked) == 1
    with door.session("other.example") as session:
        look.ask(session)
    assert look.address is None
    assert [hop.status for hop in look.evidence.hops] == [302, 200]


def test_waiting_for_politeness_is_not_counted_against_the_shop(plain):
    door = door_to(plain, deadline=DEADLINE)
    look = door.begin("http://shop.example/small_redirect")
    with door.session("shop.example") as session:
        look.ask(session)
        time.sleep(DEADLINE)
        look.ask(session)
    assert look.evidence.last.status == 200
    assert look.evidence.seconds < DEADLINE


def test_the_moment_of_a_request_is_when_it_went_out_and_not_when_dialling_began(plain):
    door = door_to(plain)
    look = door.begin("http://shop.example/page")
    before = time.monotonic()
    with door.session("shop.example") as session:
        look.ask(session)
    assert before < look.asked_at < time.monotonic()


@pytest.mark.parametrize("begins_at", ["amazon.test", "shop.example"])
def test_a_shop_that_allows_no_robots_is_never_asked_even_at_the_end_of_a_redirect(plain, begins_at):
    plain_door = door_to(plain)
    door = Door(
        user_agent=AGENT,
        targets=dict.fromkeys(("shop.example", "amazon.test"), plain_door._targets["shop.example"]),
        is_barred=lambda host: host == "amazon.test",
    )
    path = "page" if begins_at == "amazon.test" else f"to/{b'http://amazon.test/dp/1'.hex()}"
    evidence = door.look(f"http://{begins_at}/{path}")
    assert evidence.last.failure is Failure.BARRED
    assert evidence.final_url.startswith("http://amazon.test/")
    assert not any("amazon" in address for address in plain.asked)


def test_a_session_serves_one_look_at_a_time(plain):
    door = door_to(plain, deadline=5)
    with door.session("shop.example") as session:
        first = threading.Thread(
            target=door.look,
            args=("http://shop.example/silence",),
            kwargs={"session_for": lambda host: session},
        )
        first.start()
        while not plain.asked:
            time.sleep(0.01)
        with pytest.raises(HostBusy):
            door.look("http://shop.example/page", session_for=lambda host: session)
        plain.closing.set()
        first.join()


# --- connections -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["page", "chunked", "small_redirect", "set_cookie", "early_hints"])
def test_a_session_keeps_its_connection(secure, ca_file, path):
    door = door_to(secure, ca_file=ca_file)
    with door.session("shop.example") as session:
        for _ in range(3):
            assert (
                door.look(f"https://shop.example/{path}", session_for=lambda host: session).last.status == 200
            )
    assert secure.connections == 1


def test_each_look_on_a_kept_connection_has_a_deadline_of_its_own(plain):
    door = door_to(plain, deadline=DEADLINE)
    with door.session("shop.example") as session:
        for _ in range(4):
            time.sleep(DEADLINE / 3)
            assert door.look("http://shop.example/page", session_for=lambda host: session).last.status == 200
        assert plain.connections == 1
        started = time.monotonic()
        evidence = door.look("http://shop.example/drip_body", session_for=lambda host: session)
    assert evidence.last.failure is Failure.TIMEOUT
    assert DEADLINE <= time.monotonic() - started < DEADLINE + GRACE


def test_a_kept_connection_that_was_closed_meanwhile_is_dialled_anew(plain, monkeypatch):
    # The shop's farewell may still be under way when the next request is sent: look as if it had not come.
    monkeypatch.setattr(
        "urllib3.connectionpool.is_connection_dropped", lambda connection: connection.sock is None
    )
    door = door_to(plain)
    with door.session("shop.example") as session:
        for _ in range(3):
            assert (
                door.look("http://shop.example/page_then_close", session_for=lambda host: session).last.status
                == 200
            )
    assert plain.connections == 3


def test_a_shop_that_never_answers_is_asked_once(plain):
    assert door_to(plain).look("http://shop.example/no_answer").last.failure is Failure.RESET
    assert plain.asked == ["/no_answer"]


def test_a_session_never_takes_the_rest_of_one_answer_for_the_next(plain):
    door = door_to(plain)
    with door.session("shop.example") as session:
        for path in (
            "bomb_in_redirect",
            "gzip_bomb",
            "early_hints",
            "picture",
            "endless_redirect_body",
            "gone",
        ):
            door.look(f"http://shop.example/{path}", session_for=lambda host: session)
            evidence = door.look("http://shop.example/page", session_for=lambda host: session)
            assert (evidence.last.status, evidence.text) == (200, PAGE.decode())


def test_no_socket_is_left_open(plain):
    door = door_to(plain, deadline=DEADLINE)
    with pytest.MonkeyPatch.context() as patch:
        made = []
        init = socket.socket.__init__
        patch.setattr(
            fetch._MeteredSocket,
            "__init__",
            lambda self, *a, **k: (made.append(self), init(self, *a, **k))[1],
        )
        for path in (
            "page",
            "garbage",
            "silence",
            "stall_in_body",
            "gzip_bomb",
            "loop",
            "endless_body",
            "reset",
        ):
            door.look(f"http://shop.example/{path}")
    assert len(made) >= 8
    assert {one.fileno() for one in made} == {-1}


# --- hostile servers -------------------------------------------------------------------------------

TIMEOUT, RESET = Failure.TIMEOUT, Failure.RESET
OUTCOMES: dict[str, Failure | int] = {
    "no_answer": RESET,
    "garbage": RESET,
    "garbage_line": RESET,
    "http09": RESET,
    "http3_version": RESET,
    "status_words": RESET,
    "status_thousands": RESET,
    "half_status": RESET,
    "other_protocol": RESET,
    "half_headers": 200,
    "nameless_headers": 200,
    "control_headers": 200,
    "folded_headers": 200,
    "many_headers": RESET,
    "one_vast_header": RESET,
    "two_lengths": RESET,
    "vast_length": 200,
    "negative_length": 200,
    "short_body": 200,
    "no_body_at_all": RESET,
    "truncated_chunk": RESET,
    "vast_chunk": RESET,
    "negative_chunk": RESET,
    "minus_one_chunk": RESET,
    "wordy_chunk": RESET,
    "chunk_of_endless_digits": RESET,
    "gzip_bomb": 200,
    "deflate_lie": 200,
    "nested_encodings": 200,
    "bomb_in_redirect": 200,
    "cookie_bomb": 200,
    "broken_cookies": 200,
    "silence": TIMEOUT,
    "stall_in_status": TIMEOUT,
    "stall_in_headers": TIMEOUT,
    "stall_in_body": TIMEOUT,
    "stall_in_chunk": TIMEOUT,
    "stall_in_chunk_size": TIMEOUT,
    "stall_in_redirect": 200,
    "drip_status": TIMEOUT,
    "drip_headers": TIMEOUT,
    "drip_body": TIMEOUT,
    "drip_chunks": TIMEOUT,
    "drip_trailers": TIMEOUT,
    "drip_continue": TIMEOUT,
    "slow_hops": TIMEOUT,
    "endless_headers": RESET,
    "endless_continue": RESET,
    "endless_early_hints": RESET,
    "endless_status": RESET,
    "endless_body": 200,
    "endless_chunks": 200,
    "endless_chunk_extension": RESET,
    "endless_trailers": 200,
    "endless_redirect": 302,
    "endless_redirect_body": 200,
    "loop": 302,
    "reset": RESET,
    "reset_in_body": RESET,
}


def outcome(evidence: Evidence) -> Failure | int | None:
    assert (evidence.last.failure is None) == (evidence.last.status is not None)
    assert (evidence.last.failure is None) == (evidence.last.detail == "")
    return evidence.last.failure or evidence.last.status


@pytest.mark.parametrize(("path", "expected"), OUTCOMES.items())
def test_whatever_a_server_does_has_a_name_and_an_end(plain, path, expected):
    door = door_to(plain, deadline=DEADLINE if expected is TIMEOUT else 5.0)
    started = time.monotonic()
    evidence = door.look(f"http://shop.example/{path}")
    assert outcome(evidence) == expected
    assert time.monotonic() - started < DEADLINE + GRACE
    assert len(evidence.text) <= 512 * 1024
    assert all(
        len(value) <= 512 and value.isprintable() for hop in evidence.hops for value in hop.headers.values()
    )


@pytest.mark.parametrize(
    "path", ["silence", "drip_body", "endless_headers", "endless_body", "garbage", "reset", "gzip_bomb"]
)
def test_the_same_holds_inside_tls(secure, ca_file, path):
    started = time.monotonic()
    door = door_to(secure, ca_file=ca_file, deadline=DEADLINE if OUTCOMES[path] is TIMEOUT else 5.0)
    assert outcome(door.look(f"https://shop.example/{path}")) == OUTCOMES[path]
    assert time.monotonic() - started < DEADLINE + GRACE


@pytest.mark.parametrize("path", ["gzip_bomb", "deflate_lie", "nested_encodings"])
def test_a_compressed_answer_is_known_as_such_and_never_opened(plain, path):
    evidence = door_to(plain).look(f"http://shop.example/{path}")
    assert evidence.last.headers["content-encoding"]
    assert evidence.text == ""


@pytest.mark.parametrize(
    "path", ["gzip_bomb", "bomb_in_redirect", "endless_body", "endless_chunks", "one_vast_header"]
)
def test_no_bomb_takes_more_than_a_few_megabytes(plain, path):
    assert len(BOMB) < 60_000
    door = door_to(plain, deadline=5)
    gc.collect()
    tracemalloc.start()
    try:
        door.look(f"http://shop.example/{path}")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 14_000_000  # the server's own are counted too


@pytest.mark.parametrize("path", ["endless_body", "endless_chunks", "short_body"])
def test_a_page_that_was_cut_short_says_so(plain, path):
    evidence = door_to(plain, deadline=5).look(f"http://shop.example/{path}")
    assert evidence.truncated
    assert evidence.text


def test_a_page_of_just_the_greatest_size_is_whole(plain):
    door = door_to(plain, max_bytes=len(PAGE))
    evidence = door.look("http://shop.example/page")
    assert (evidence.truncated, len(evidence.text)) == (False, len(PAGE))
    door = door_to(plain, max_bytes=len(PAGE) - 1)
    evidence = door.look("http://shop.example/page")
    assert (evidence.truncated, len(evidence.text)) == (True, len(PAGE) - 1)


def test_no_more_of_a_body_is_taken_than_the_cap(plain, monkeypatch):
    taken = []
    receive = fetch._MeteredSocket.recv_into

    def counting(self, buffer, nbytes=None, flags=0):
        taken.append(receive(self, buffer, nbytes, flags))
        return taken[-1]

    monkeypatch.setattr(fetch._MeteredSocket, "recv_into", counting)
    door_to(plain, deadline=5).look("http://shop.example/endless_body")
    assert 512 * 1024 <= sum(taken) <= 512 * 1024 + fetch.MAX_HEADER_BYTES + fetch.DRAIN_BYTES


def test_cookies_beyond_reason_are_not_carried(plain):
    door_to(plain).look("http://shop.example/cookie_bomb")
    assert all(len(request) < 16_000 for request in plain.requests)


def test_nothing_that_a_server_says_can_spoil_a_row_of_the_database(plain):
    evidence = door_to(plain).look("http://shop.example/control_headers")
    assert evidence.last.headers["server"] == "a\ufffdb\ufffd[31m"
    location = b"http://other.example/\x01\x00".hex()
    evidence = door_to(plain).look(f"http://shop.example/to/{location}")
    assert evidence.last.failure is Failure.UNSAFE_ADDRESS
    assert "\x00" not in repr(evidence) + evidence.final_url + str(evidence.hops[0].location)


def test_addresses_are_not_logged(plain, caplog):
    caplog.set_level(0)
    door = door_to(plain)
    for path in ("page", "nameless_headers", "small_redirect"):
        door.look(f"http://shop.example/{path}?token=s3cr3t")
    assert "s3cr3t" not in caplog.text


# --- TLS -------------------------------------------------------------------------------------------


def tls_outcome(context: ssl.SSLContext, ca_file: str | None) -> tuple[Failure | None, str]:
    with HostileServer(context) as server:
        evidence = door_to(server, ca_file=ca_file, deadline=2).look("https://shop.example/page")
        assert server.asked == [] or evidence.last.failure is None
    return evidence.last.failure, evidence.last.detail


def self_signed(tmp_path) -> ssl.SSLContext:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "shop.example")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - dt.timedelta(1), now + dt.timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("shop.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "self.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_a_good_certificate_is_accepted_and_the_name_is_sent(authority, ca_file):
    context = serving(authority.issue_cert("shop.example"))
    names = []
    context.sni_callback = lambda sock, name, context: names.append(name)
    assert tls_outcome(context, ca_file) == (None, "")
    assert names == ["shop.example"]


def test_an_expired_certificate_is_told_apart(authority, ca_file):
    context = serving(authority.issue_cert("shop.example", not_after=dt.datetime(2020, 1, 1, tzinfo=dt.UTC)))
    assert tls_outcome(context, ca_file) == (Failure.TLS, "The certificate of shop.example has expired.")


def test_a_certificate_for_another_host_is_told_apart(authority, ca_file):
    context = serving(authority.issue_cert("elsewhere.example"))
    assert tls_outcome(context, ca_file) == (
        Failure.TLS,
        "The certificate of shop.example is for another host.",
    )


def test_a_self_signed_certificate_is_told_apart(ca_file, tmp_path):
    assert tls_outcome(self_signed(tmp_path), ca_file) == (
        Failure.TLS,
        "The certificate of shop.example is self-signed.",
    )


def test_an_unknown_issuer_is_told_apart(authority):
    failure, detail = tls_outcome(serving(authority.issue_cert("shop.example")), None)
    assert failure is Failure.TLS
    assert "unknown issuer" in detail


def test_a_shop_that_speaks_only_old_tls_is_refused(authority, ca_file):
    context = serving(authority.issue_cert("shop.example"))
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="deprecated"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="deprecated"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    assert tls_outcome(context, ca_file)[0] is Failure.RESET


def test_a_shop_that_speaks_no_tls_is_broken_off(plain, ca_file):
    evidence = door_to(plain, ca_file=ca_file, deadline=DEADLINE).look("https://shop.example/page")
    assert evidence.last.failure in (Failure.RESET, Failure.TIMEOUT)  # it waits for the end of the request


@pytest.mark.parametrize(
    "greeting",
    [b"", b"HTTP/1.1 400 Bad\r\n\r\n", b"\x15\x03\x01\x00\x02\x02\x28", b"\x16\x03\x03\x40\x00\x02"],
)
def test_a_handshake_that_never_ends_or_fails_has_an_outcome(ca_file, greeting):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepted = []

        def serve() -> None:
            connection, _ = listener.accept()
            accepted.append(connection)
            connection.sendall(greeting)

        threading.Thread(target=serve, daemon=True).start()
        target = Target("127.0.0.1", listener.getsockname()[1], ca_file)
        started = time.monotonic()
        evidence = Door(user_agent=AGENT, targets={"shop.example": target}, deadline=DEADLINE).look(
            "https://shop.example/"
        )
        assert evidence.last.failure in (Failure.RESET, Failure.TIMEOUT)
        assert time.monotonic() - started < DEADLINE + GRACE
        accepted[0].close()


def test_a_target_without_the_operators_ca_trusts_public_authorities_only(plain):
    door = Door(user_agent=AGENT)
    assert door.tls_for("shop.example").cert_store_stats()["x509_ca"] > 50
    assert door.tls_for("shop.example").verify_mode is ssl.CERT_REQUIRED
    assert door.tls_for("shop.example").check_hostname
    assert door.tls_for("shop.example").minimum_version is ssl.TLSVersion.TLSv1_2


def test_an_operators_network_and_authority_are_opened_together(authority, ca_file):
    with HostileServer(serving(authority.issue_cert("127.0.0.1"))) as server:
        door = Door(user_agent=AGENT, allow_networks=[ip_network("127.0.0.0/8")], ca_file=ca_file, deadline=2)
        assert door.look(f"https://127.0.0.1:{server.port}/page").last.status == 200
        assert door.look(f"http://localhost:{server.port}/page").last.failure is Failure.UNSAFE_ADDRESS


# --- what is dialled -------------------------------------------------------------------------------


def test_no_hostile_address_is_dialled_or_looked_up(dialled):
    resolver = resolving(("127.0.0.1",))
    door = Door(user_agent=AGENT, resolver=resolver, deadline=DEADLINE)
    for url in hostile_addresses():
        evidence = door.look(url)
        assert evidence.last.failure is Failure.UNSAFE_ADDRESS, url
        assert evidence.last.detail.endswith("."), url
    assert dialled == []
    assert resolver.asked == []


def test_no_redirect_to_a_hostile_address_is_followed(plain):
    canary = resolving(("127.0.0.1",))
    door = door_to(plain, resolver=canary, deadline=5)
    with door.session("shop.example") as session:
        for url in hostile_addresses():
            location = url.strip().encode("utf-8", "surrogatepass").replace(b"\r", b"").replace(b"\n", b"")
            if b"://" not in location[:10] or len(location) > 900:
                continue  # relative to the shop, then; or too long for the shop's own address
            evidence = door.look(f"http://shop.example/to/{location.hex()}", session_for=lambda host: session)
            assert evidence.last.failure in (Failure.UNSAFE_ADDRESS, None), url
            answered = {urlsplit(hop.url).netloc for hop in evidence.hops if hop.failure is None}
            assert answered == {"shop.example"}, url
    assert set(canary.asked) <= {"shop.com."}


@given(st.from_regex(r"https?://[a-zA-Z0-9._\-:é]{1,30}(/[!-~é]{0,20})?([?#][!-~é]{0,20})?", fullmatch=True))
def test_all_parsers_read_the_same_place_in_what_passes(url):
    try:
        checked = urlsplit(check_url(url))
    except UnsafeAddress:
        return
    request = requests.PreparedRequest()
    request.prepare(method="GET", url=checked.geturl())
    assert urlsplit(request.url)[:2] == checked[:2]
    parsed = parse_url(checked.geturl())
    assert (parsed.scheme, parsed.host, parsed.port) == (checked.scheme, checked.hostname, checked.port)


@given(
    st.builds(
        "https://{}{}/{}".format,
        st.sampled_from(
            ["shop.example.com", "my_shop--2.co.uk", "8.8.8.8", "xn--strae-oqa.de", "WWW.shop.com"]
        ),
        st.sampled_from(["", ":443", ":8080", ":08080", ":"]),
        st.text("aZ09._~-/?=&+%#|é", max_size=12),
    )
)
def test_what_is_sent_unprepared_is_what_requests_would_prepare(url):
    if fetch._PREPARED.fullmatch(url):
        request = requests.PreparedRequest()
        request.prepare_url(url, None)
        assert request.url == url


@pytest.mark.parametrize(
    ("address", "is_sent_as_it_stands"),
    [
        ("https://shop.com/thigh-support/p/2041?colour=blue&size=m", True),
        ("https://shop.com/", True),
        ("https://shop.com/a/../b", False),
        ("https://shop.com/%7Ejo", False),
        ("https://shop.com/?", False),
        ("https://shop.com", False),
    ],
)
def test_ordinary_addresses_are_sent_as_they_stand(address, is_sent_as_it_stands):
    assert bool(fetch._PREPARED.fullmatch(address)) is is_sent_as_it_stands


@pytest.mark.parametrize("number", [*PRIVATE_V4, *PRIVATE_V6, "fe80::1%eth0", "nonsense"])
def test_a_name_that_stands_for_a_private_number_is_not_dialled(dialled, number):
    door = Door(user_agent=AGENT, resolver=resolving((number,)), deadline=DEADLINE)
    assert door.look("https://shop.com/").last.failure is Failure.UNSAFE_ADDRESS
    assert dialled == []


@pytest.mark.parametrize(
    "answer_", [("93.184.216.34", "127.0.0.1"), ("10.0.0.1", "93.184.216.34"), ("2606:4700::1", "::1")]
)
def test_an_answer_with_one_private_number_is_refused_whole(dialled, answer_):
    door = Door(user_agent=AGENT, resolver=resolving(answer_), deadline=DEADLINE)
    assert door.look("https://shop.com/").last.failure is Failure.UNSAFE_ADDRESS
    assert dialled == []


def test_a_name_is_looked_up_once_and_only_what_was_checked_is_dialled(dialled):
    resolver = resolving(("93.184.216.34", "2606:4700::1"), ("127.0.0.1",))
    door = Door(user_agent=AGENT, resolver=resolver, deadline=DEADLINE)
    assert door.look("https://shop.com:8443/").last.failure is Failure.REFUSED
    assert dialled == [("93.184.216.34", 8443), ("2606:4700::1", 8443)]
    assert resolver.asked == ["shop.com."]
    assert door.look("https://shop.com:8443/").last.failure is Failure.UNSAFE_ADDRESS
    assert len(dialled) == 2


def test_a_vast_answer_is_not_dialled_through(dialled):
    resolver = resolving(tuple(f"93.184.216.{n}" for n in range(200)))
    assert Door(user_agent=AGENT, resolver=resolver).look("http://shop.com/").last.failure is Failure.REFUSED
    assert len(dialled) == fetch.MAX_DIALLED


def test_a_public_number_is_dialled_without_a_look_up(dialled):
    resolver = resolving(("127.0.0.1",))
    Door(user_agent=AGENT, resolver=resolver).look("http://93.184.216.34:8080/")
    assert dialled == [("93.184.216.34", 8080)]
    assert resolver.asked == []


def failing(error: Exception) -> Callable[..., list[tuple]]:
    def resolver(*args: object) -> list[tuple]:
        raise error

    return resolver


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (socket.gaierror(socket.EAI_NONAME, "unknown"), Failure.DNS_NOT_FOUND),
        (socket.gaierror(socket.EAI_NODATA, "no address"), Failure.DNS_NOT_FOUND),
        (UnicodeError("label too long"), Failure.DNS_NOT_FOUND),
        (socket.gaierror(socket.EAI_AGAIN, "again"), Failure.DNS_TEMPORARY),
        (socket.gaierror(socket.EAI_FAIL, "failed"), Failure.DNS_TEMPORARY),
        (OSError(errno.EMFILE, "too many open files"), Failure.DNS_TEMPORARY),
    ],
)
def test_a_name_that_is_unknown_is_told_from_a_resolver_that_fails(error, failure):
    assert Door(user_agent=AGENT, resolver=failing(error)).look("http://shop.com/").last.failure is failure


def test_a_name_without_numbers_does_not_exist():
    assert (
        Door(user_agent=AGENT, resolver=resolving(())).look("http://shop.com/").last.failure
        is Failure.DNS_NOT_FOUND
    )


def test_a_resolver_that_hangs_is_ours_and_ends_in_time():
    release = threading.Event()
    door = Door(user_agent=AGENT, resolver=lambda *args: release.wait(10), deadline=0.3)
    started = time.monotonic()
    assert door.look("http://shop.com/").last.failure is Failure.DNS_TEMPORARY
    assert time.monotonic() - started < 0.3 + GRACE
    release.set()


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, ""), Failure.REFUSED),
        (OSError(errno.EHOSTUNREACH, ""), Failure.REFUSED),
        (ConnectionResetError(errno.ECONNRESET, ""), Failure.RESET),
        (TimeoutError(), Failure.TIMEOUT),
        (OSError(errno.ENETUNREACH, ""), Failure.DNS_TEMPORARY),
        (OSError(errno.EADDRNOTAVAIL, ""), Failure.DNS_TEMPORARY),
    ],
)
def test_why_a_number_could_not_be_reached_has_a_name(monkeypatch, error, failure):
    def connect(self: socket.socket, address: tuple[str, int]) -> None:
        raise error

    monkeypatch.setattr(fetch._MeteredSocket, "connect", connect)
    door = Door(user_agent=AGENT, resolver=resolving(("93.184.216.34",)))
    assert door.look("http://shop.com/").last.failure is failure


@pytest.mark.parametrize(
    ("errors", "failure"),
    [
        (["refused", "no way"], Failure.REFUSED),
        (["no way", "refused"], Failure.REFUSED),
        (["silence", "no way"], Failure.TIMEOUT),
        (["reset", "no way"], Failure.RESET),
        (["no way", "no way"], Failure.DNS_TEMPORARY),
    ],
)
def test_a_machine_without_ipv6_still_finds_a_dead_shop_that_has_both(monkeypatch, errors, failure):
    kinds = {
        "refused": ConnectionRefusedError(errno.ECONNREFUSED, ""),
        "reset": ConnectionResetError(errno.ECONNRESET, ""),
        "silence": TimeoutError(),
        "no way": OSError(errno.ENETUNREACH, ""),
    }
    left = [kinds[name] for name in errors]

    def connect(self: socket.socket, address: tuple[str, int]) -> None:
        raise left.pop(0)

    monkeypatch.setattr(fetch._MeteredSocket, "connect", connect)
    door = Door(user_agent=AGENT, resolver=resolving(("93.184.216.34", "2606:2800:220:1::1")))
    assert door.look("http://shop.com/").last.failure is failure


def test_nothing_listening_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    door = Door(user_agent=AGENT, targets={"shop.example": Target("127.0.0.1", port)})
    assert door.look("http://shop.example/").last.failure is Failure.REFUSED


def test_a_first_number_that_swallows_everything_leaves_time_for_the_second(monkeypatch):
    tried = []

    def connect(self: socket.socket, address: tuple[str, int]) -> None:
        tried.append((address[0], round(self.gettimeout() or 0, 1)))
        raise TimeoutError

    monkeypatch.setattr(fetch._MeteredSocket, "connect", connect)
    Door(user_agent=AGENT, resolver=resolving(("93.184.216.34", "93.184.216.35"))).look("http://shop.com/")
    assert tried == [("93.184.216.34", 5.0), ("93.184.216.35", 10.0)]


@pytest.mark.parametrize("agent", ["", " ", "Referred\r\nX: y", "Référé", "Referred\x00"])
def test_an_agent_that_cannot_be_sent_is_refused_at_once(agent):
    with pytest.raises(ValueError, match="User-Agent"):
        Door(user_agent=agent)
