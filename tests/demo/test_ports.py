"""Loopback ports that nobody uses."""

from __future__ import annotations

import socket

import pytest

from demo.ports import free_port


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
