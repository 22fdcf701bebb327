"""The fixtures that all tests share keep their promises."""

from __future__ import annotations

import http.server
import socket
import threading

import pytest


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", "www.example.com"])
@pytest.mark.parametrize("verb", ["connect", "connect_ex"])
def test_a_test_that_reaches_beyond_this_machine_fails(address, verb):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as outgoing, pytest.raises(pytest.fail.Exception, match="this machine alone"):
        getattr(outgoing, verb)((address, 443))


def test_a_datagram_that_leaves_this_machine_fails_its_test():
    with (
        socket.socket(type=socket.SOCK_DGRAM) as outgoing,
        pytest.raises(pytest.fail.Exception, match="this machine alone"),
    ):
        outgoing.sendto(b"question", ("192.0.2.53", 53))


@pytest.mark.browser
@pytest.mark.parametrize("colour_scheme", ["dark", "light"])
@pytest.mark.parametrize("viewport", [{"width": 390, "height": 844}])
def test_the_browser_shows_a_page_of_this_machine_as_the_test_asks(page, colour_scheme, viewport):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page.goto(f"http://localhost:{server.server_port}/")
        assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") == (
            colour_scheme == "dark"
        )
        assert page.viewport_size == viewport
        server.shutdown()


@pytest.mark.browser
def test_the_browser_finds_no_name_of_the_outside_world(page):
    with pytest.raises(Exception, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("http://www.example.com/")
