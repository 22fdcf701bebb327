from __future__ import annotations

from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from products.addresses import Target, UnsafeAddress, check_url, is_public, read_targets
from tests.products.hostile_addresses import (
    GOOD,
    PRIVATE_V4,
    PRIVATE_V6,
    PUBLIC,
    PUBLIC_V6,
    hostile_addresses,
)

HOSTILE = hostile_addresses()


def test_there_are_hundreds_of_hostile_addresses():
    assert len(HOSTILE) >= 300


@pytest.mark.parametrize("url", HOSTILE, ids=ascii)
def test_a_hostile_address_is_refused_in_a_sentence(url):
    with pytest.raises(UnsafeAddress) as refused:
        check_url(url)
    assert str(refused.value)[-1] == "."


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("shop.com/p", "http://"),
        ("https://me:secret@shop.com/", "user name or password"),
        ("https://shop.com:22/", "port 22"),
        ("https://127.0.0.1/", "not a public address"),
        ("https://2130706433/", "is a number"),
        ("https://intranet/", "no dot"),
        ("https://nas.local/", "never are"),
        ("https://shop.com/a b", "a space"),
        ("https://shop.com/a\\b", "backslash"),
        ("https://shop.com/" + "a" * 2048, "2,048"),
    ],
)
def test_the_sentence_says_what_to_change(url, reason):
    with pytest.raises(UnsafeAddress, match=reason):
        check_url(url)


@pytest.mark.parametrize(("url", "normal"), GOOD, ids=ascii)
def test_an_odd_but_good_address_passes_and_is_normalised(url, normal):
    assert check_url(url) == normal
    assert check_url(normal) == normal


@pytest.mark.parametrize("number", [*PRIVATE_V4, *PRIVATE_V6])
def test_a_number_of_a_private_or_special_network_is_not_public(number):
    assert not is_public(ip_address(number))


@pytest.mark.parametrize("number", [*PUBLIC, *PUBLIC_V6])
def test_a_number_on_the_internet_is_public(number):
    assert is_public(ip_address(number))


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_nothing_is_public_that_python_calls_private(address):
    if address.is_private or address.is_multicast or address.is_loopback or address.is_link_local:
        assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_only_the_plain_spelling_of_a_number_is_ever_accepted(address):
    value = int(address)
    for host in (str(value), hex(value), f"0{value:o}", f"{value >> 24}.{value & 0xFFFFFF}"):
        with pytest.raises(UnsafeAddress):
            check_url(f"http://{host}/")


@given(st.text() | st.from_regex(r"https?://[a-zA-Z0-9.\-_\[\]:@%é\\]{0,30}(/.{0,20})?", fullmatch=True))
@example("https://a.com/%")
def test_what_passes_is_plain_ascii_stays_the_same_and_names_a_public_place(url):
    try:
        normal = check_url(url)
    except UnsafeAddress:
        return
    assert normal.isascii()
    assert normal.isprintable()
    assert check_url(normal) == normal
    host = urlsplit(normal).hostname
    assert host is not None
    assert "." in host
    try:
        assert is_public(ip_address(host))
    except ValueError:
        assert not host.rpartition(".")[2].isdigit()


def test_a_mapped_name_skips_the_name_rules_and_no_others():
    assert check_url("https://Shop.example/p", targets={"shop.example"}) == "https://shop.example/p"
    for other in (
        "https://other.example/",
        "https://shop.example.example/",
        "https://shop.example:9000/",
        "https://u@shop.example/",
        "ftp://shop.example/",
    ):
        with pytest.raises(UnsafeAddress):
            check_url(other, targets={"shop.example"})


def test_an_operators_network_opens_its_literal_addresses_on_any_port_and_nothing_else():
    networks = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    assert check_url("http://127.0.0.1:9999/p", networks=networks) == "http://127.0.0.1:9999/p"
    assert check_url("http://[0:0::1]:9999/p", networks=networks) == "http://[::1]:9999/p"
    for other in (
        "http://10.0.0.1/",
        "http://localhost/",
        "http://2130706433/",
        "http://[::2]/",
        "http://8.8.8.8:22/",
    ):
        with pytest.raises(UnsafeAddress):
            check_url(other, networks=networks)
    with pytest.raises(UnsafeAddress):
        check_url("http://127.0.0.1:70000/", networks=networks)


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "8.8.8.8", "169.254.169.254", "::", "fd00::1", "nonsense", ""]
)
def test_only_loopback_can_be_a_target(address):
    with pytest.raises(ValueError, match=r"."):
        Target(address, 80)


def test_a_targets_file_is_read_with_comments_and_relative_ca_files(tmp_path: Path):
    (tmp_path / "ca.pem").write_text("")
    file = tmp_path / "hosts"
    file.write_text("# fakes\n\nShop.example 127.0.0.1 8001 ca.pem  # one\nplain.example ::1 8002\n", "utf-8")
    assert read_targets(file) == {
        "shop.example": Target("127.0.0.1", 8001, str(tmp_path / "ca.pem")),
        "plain.example": Target("::1", 8002),
    }


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("shop.example", "expected"),
        ("shop.example 127.0.0.1", "expected"),
        ("shop.example 127.0.0.1 80 ca.pem more", "expected"),
        ("shop.example 10.0.0.1 80", "not a loopback address"),
        ("shop.example localhost 80", "does not appear to be"),
        ("shop.example 127.0.0.1 http", "not a port"),
        ("shop.example 127.0.0.1 -1", "not a port"),
        ("shop.example 127.0.0.1 0", "not a port"),
        ("shop.example 127.0.0.1 65536", "not a port"),
        ("shop.example 127.0.0.1 80 missing.pem", "no file"),
        ("sh/op 127.0.0.1 80", "part of the name"),
        ("8.8.8.8 127.0.0.1 80", "a number, not a name"),
        ("good.example 127.0.0.1 81", "twice"),
    ],
)
def test_a_bad_line_is_named_with_its_file_its_number_and_the_reason(tmp_path, line, reason):
    file = tmp_path / "hosts"
    file.write_text(f"good.example 127.0.0.1 80\n{line}\n")
    with pytest.raises(ValueError, match=reason) as refused:
        read_targets(file)
    assert str(refused.value).startswith(f"{file}, line 2: ")
