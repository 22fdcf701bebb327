"""Loopback ports that nobody uses."""

from __future__ import annotations

import socket

import pytest

from demo.ports import free_port, reserved_port


@pytest.mark.parametrize(("family", "address"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_a_taken_port_gives_way_to_the_next_that_is_free(family, address):
    with socket.socket(family) as taken:
        taken.bind((address, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) > port


def test_a_port_promised_to_another_is_not_given_again():
    port = free_port()
    assert free_port(port) == port
    assert free_port(port, besides=[port]) > port


def test_a_reserved_port_is_given_to_nobody_else_and_opens_for_a_server_that_shares_it():
    with reserved_port(free_port()) as port:
        assert free_port(port) > port
        with reserved_port(port) as other, socket.socket() as server:
            assert other > port
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            server.bind(("127.0.0.1", port))
            server.listen()
            with socket.create_connection(("127.0.0.1", port), timeout=2) as visitor:
                answered, _ = server.accept()
                with answered:
                    assert answered.getpeername() == visitor.getsockname()
