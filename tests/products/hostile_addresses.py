"""Addresses that lead, or pretend not to lead, into private networks, and odd ones that are perfectly good."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address

PRIVATE_V4 = (
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",  # a cloud's metadata
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",  # a cloud's platform service
    "169.254.169.254",  # metadata of most clouds
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",  # a cloud's metadata
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.175.48.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
)

PRIVATE_V6 = (
    "::",
    "::1",
    "::127.0.0.1",  # IPv4-compatible
    "::ffff:127.0.0.1",  # IPv4-mapped
    "::ffff:169.254.169.254",
    "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1",  # IPv4-translated
    "64:ff9b::127.0.0.1",  # NAT64
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::10.0.0.1",
    "100::1",
    "2001::1",  # Teredo
    "2001:0:7f00:1::",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",  # 6to4 of 127.0.0.1
    "2002:a9fe:a9fe::1",
    "2620:4f:8000::1",
    "2606:4700::5efe:7f00:1",  # ISATAP
    "2606:4700::200:5efe:192.168.0.1",
    "2606:4700::1%eth0",
    "3ffe::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",  # a cloud's metadata
    "fd20:ce::254",
    "fe80::1",
    "fe80::a9fe:a9fe",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
)

PUBLIC = (
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.1",
    "168.63.129.17",
    "172.15.255.255",
    "172.32.0.1",
)
PUBLIC_V6 = ("2606:4700:4700::1111", "2a00:1450:4009::2004", "2400:cb00::1", "2001:4860:4860::8888")


def spellings(number: str) -> Iterator[str]:
    """The ways in which C libraries, browsers and hopeful attackers write an IPv4 number; never the plain one."""
    value = int(IPv4Address(number))
    octets = [int(octet) for octet in number.split(".")]
    yield str(value)
    yield hex(value)
    yield hex(value).upper().replace("0X", "0x")
    yield f"0{value:o}"
    yield f"0x{value:016x}"
    yield f"{value:#010x}."
    yield str(value + 2**32)
    yield f"{octets[0]}.{value & 0xFFFFFF}"
    yield f"{octets[0]}.{octets[1]}.{value & 0xFFFF}"
    yield f"{octets[0]:#x}.{value & 0xFFFFFF:#x}"
    yield ".".join(f"{octet:#x}" for octet in octets)
    yield ".".join(f"0{octet:o}" for octet in octets)
    yield ".".join(f"{octet:04o}" for octet in octets)
    yield ".".join(f"{octet:03d}" for octet in octets) if min(octets) < 100 else f"0{number}"
    yield f"{octets[0]:#x}.{octets[1]}.0{octets[2]:o}.{octets[3]}"
    yield f"{octets[0]}.{octets[1]:#x}.{value & 0xFFFF}"
    yield f"{octets[0] + 256}.{octets[1]}.{octets[2]}.{octets[3]}"
    yield number.translate({48 + digit: 0xFF10 + digit for digit in range(10)})  # full-width
    yield number.translate({48 + digit: 0x1D7CE + digit for digit in range(10)})  # mathematical bold
    yield "".join(chr(0x245F + int(one)) if one in "123456789" else one for one in number)  # circled
    for dot in "\u3002\uff0e\uff61\u2024\u00b7\u0589":
        yield number.replace(".", dot)
    yield number.replace(".", "%2e")
    yield number.replace(".", "%252e")
    yield "%" + "%".join(f"{byte:02x}" for byte in number.encode())
    yield number + "%00"
    yield number + "%25lo"
    yield "+" + number
    yield f"{number}.."
    yield f".{number}"
    yield number.replace(".", "..", 1)
    yield f"{number},"
    yield f"[{number}]"
    yield f"[::{number}]"
    yield f"[::ffff:{number}]"
    yield f"[0:0:0:0:0:ffff:{number}]"
    yield f"[64:ff9b::{number}]"
    yield f"[::ffff:{value >> 16:x}:{value & 0xFFFF:x}]"
    yield f"[2002:{value >> 16:x}:{value & 0xFFFF:x}::]"
    yield f"[2606:4700::5efe:{number}]"


NAMES = (
    "localhost",
    "LOCALHOST",
    "localhost.",
    "localhost.localdomain",
    "foo.localhost",
    "ip6-localhost",
    "metadata",
    "metadata.google.internal",
    "metadata.google.internal.",
    "instance-data",
    "kubernetes.default.svc.cluster.local",
    "printer.local",
    "router.lan",
    "nas.home",
    "x.home.arpa",
    "1.0.0.127.in-addr.arpa",
    "intranet",
    "wiki.corp",
    "mail.intranet",
    "db.private",
    "shop.test",
    "shop.invalid",
    "shop.example",
    "shop.onion",
    "shop.alt",
    "com",
    "-shop.com",
    "shop-.com",
    "shop..com",
    ".shop.com",
    "shop.com..",
    "..",
    ".",
    "*.shop.com",
    "shop!.com",
    "shop_.c$m",
    "a" * 64 + ".com",
    ".".join(["a" * 60] * 5) + ".com",
    "shop.1",
    "shop.0x1",
    "shop.0x",
    "localhos\u0074\u200b",
    "\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3",
    "loc\u00adalhost.com",
    "shop\u202e.com",
    "\u2488shop.com",
    "shop\u2044.com",
    "shop\uff0fevil.com",
    "[shop.com]",
    "[",
    "]",
    "[]",
    "[::1",
    "::1",
    "[::1]]",
    "[fe80::1%25eth0]",
    "[fe80::1%eth0]",
    "[v1.fe80::a+en1]",
    "[::1]x",
)

WHOLE = (
    "",
    " ",
    "shop.com",
    "//shop.com/",
    "/p",
    "http:",
    "http:/",
    "http://",
    "http:///",
    "http:///shop.com/",
    "http:shop.com",
    "http:/shop.com",
    "https:\\\\shop.com",
    "ftp://shop.com/",
    "file:///etc/passwd",
    "file://127.0.0.1/etc/passwd",
    "gopher://127.0.0.1:6379/_INFO",
    "dict://127.0.0.1:11211/",
    "ldap://127.0.0.1/",
    "javascript:alert(1)",
    "data:text/html,hello",
    "jar:http://127.0.0.1!/",
    "ws://shop.com/",
    "http+unix://%2fvar%2frun%2fdocker.sock/info",
    "unix:///var/run/docker.sock",
    "HTTP\u017f://shop.com/",
    "\u210cttp://shop.com/",
    "http://user@shop.com/",
    "http://user:password@shop.com/",
    "http://:@shop.com/",
    "http://@shop.com/",
    "http://shop.com@127.0.0.1/",
    "http://shop.com:80@127.0.0.1/",
    "http://127.0.0.1@shop.com/",
    "http://shop.com%40127.0.0.1/",
    "http://shop.com\\@127.0.0.1/",
    "http://127.0.0.1\\@shop.com/",
    "http://127.0.0.1\\.shop.com/",
    "http://shop.com\\.127.0.0.1/",
    "http:\\\\127.0.0.1/",
    "http://shop.com/a\\b",
    "http://127.0.0.1#@shop.com/",
    "http://127.0.0.1?@shop.com/",
    "http://127.0.0.1;@shop.com/",
    "http://127.0.0.1&@shop.com/",
    "http://127.0.0.1 @shop.com/",
    "http://127.0.0.1\t@shop.com/",
    "http://shop.com\t/",
    "http://shop.com\n/",
    "http://shop.com\r\nHost: localhost/",
    "http://shop.com/\r\nX: y",
    "http://shop.com/ HTTP/1.1\r\nHost: x",
    "http://shop.com/\x00",
    "http://shop\x00.com/",
    "http://shop.com\x7f/",
    "http://shop.com/\x85",
    "http://shop.com/a b",
    " http://shop.com/",
    "http://shop.com/ ",
    "http://shop .com/",
    "http://shop\u00a0.com/",
    "http://shop\u3000.com/",
    "http://shop.com/\u2028",
    "http://shop.com/\u200b",
    "http://shop.com/\ufeff",
    "http://shop.com/\u202egnp.exe",
    "http://shop.com/\ud800",
    "http://shop.com:0/",
    "http://shop.com:1/",
    "http://shop.com:21/",
    "http://shop.com:22/",
    "http://shop.com:25/",
    "http://shop.com:81/",
    "http://shop.com:3306/",
    "http://shop.com:5432/",
    "http://shop.com:6379/",
    "http://shop.com:9200/",
    "http://shop.com:11211/",
    "http://shop.com:65536/",
    "http://shop.com:65616/",  # 80, modulo 65,536
    "http://shop.com:99999999/",
    "http://shop.com:-80/",
    "http://shop.com:+80/",
    "http://shop.com:080/",
    "http://shop.com:8_0/",
    "http://shop.com:0x50/",
    "http://shop.com: 80/",
    "http://shop.com:\uff18\uff10/",
    "http://shop.com:80:80/",
    "http://shop.com:80:/",
    "http://shop.com:/",
    "http://shop.com:http/",
    "http://:80/",
    "http://[::1]:80/",
    "http://[::1]:80:443/",
    "http://sh%6fp.com/",
    "http://shop.com%2f@127.0.0.1/",
    "http://shop.com%23.127.0.0.1/",
    "https://shop.com/" + "a" * 2048,
    "https://shop.com/?" + "\u00e9" * 700,  # too long once it is encoded
)


def hostile_addresses() -> list[str]:
    numbers = [
        spelling for number in ("127.0.0.1", "169.254.169.254", "10.0.0.1") for spelling in spellings(number)
    ]
    hosts = [*PRIVATE_V4, *(f"[{one}]" for one in PRIVATE_V6), *numbers, *NAMES]
    return list(dict.fromkeys([*WHOLE, *(f"http://{host}/" for host in hosts)]))


# As typed, and as they are kept.
GOOD = (
    ("https://shop.com", "https://shop.com/"),
    ("HTTPS://WWW.Shop.COM/Path?Query=A", "https://www.shop.com/Path?Query=A"),
    ("http://shop.com:80/p", "http://shop.com/p"),
    ("https://shop.com:443/p", "https://shop.com/p"),
    ("https://shop.com:80/p", "https://shop.com:80/p"),
    ("https://shop.com:8443/p", "https://shop.com:8443/p"),
    ("http://shop.com:8080/p", "http://shop.com:8080/p"),
    ("https://shop.com./p", "https://shop.com/p"),
    ("https://shop.com?q=1", "https://shop.com/?q=1"),
    ("https://shop.com#top", "https://shop.com/#top"),
    ("https://shop.com/p#size-l", "https://shop.com/p#size-l"),
    ("https://my--shop.com/", "https://my--shop.com/"),
    ("https://my_shop.shops.com/", "https://my_shop.shops.com/"),
    ("https://_dmarc.shop.com/", "https://_dmarc.shop.com/"),
    ("https://3m.com/", "https://3m.com/"),
    ("https://1.shop.com/", "https://1.shop.com/"),
    ("https://127.0.0.1.shop.com/", "https://127.0.0.1.shop.com/"),
    ("https://0x7f.com/", "https://0x7f.com/"),
    ("https://localhost.shop.com/", "https://localhost.shop.com/"),
    ("https://local.com/", "https://local.com/"),
    ("https://münchen-orthopädie.de/knie", "https://xn--mnchen-orthopdie-7nb33b.de/knie"),
    ("https://MÜNCHEN.de/", "https://xn--mnchen-3ya.de/"),
    ("https://mu\u0308nchen.de/", "https://xn--mnchen-3ya.de/"),  # typed as two characters
    ("https://straße.de/", "https://xn--strae-oqa.de/"),  # not strasse.de
    ("https://пример.рф/цена", "https://xn--e1afmkfd.xn--p1ai/%D1%86%D0%B5%D0%BD%D0%B0"),
    ("https://例え.jp/", "https://xn--r8jz45g.jp/"),
    ("https://xn--mnchen-3ya.de/", "https://xn--mnchen-3ya.de/"),
    ("https://shop.com/café?q=naïve#é", "https://shop.com/caf%C3%A9?q=na%C3%AFve#%C3%A9"),
    ("https://shop.com/100%", "https://shop.com/100%25"),
    ("https://shop.com/100%25?x=%zz&y=%20", "https://shop.com/100%25?x=%25zz&y=%20"),
    ("https://shop.com/a//b/../c;d=1,2", "https://shop.com/a//b/../c;d=1,2"),
    ("https://shop.com/@brand/p", "https://shop.com/@brand/p"),
    ("https://shop.com/?next=http://user@127.0.0.1/", "https://shop.com/?next=http://user@127.0.0.1/"),
    ("https://shop.com/p?" + "q" * 1900, "https://shop.com/p?" + "q" * 1900),
    ('https://shop.com/[a]{b}|c^d`e"f<g>', 'https://shop.com/[a]{b}|c^d`e"f<g>'),
    ("http://8.8.8.8/", "http://8.8.8.8/"),
    ("http://1.1.1.1.:8080/p", "http://1.1.1.1:8080/p"),
    ("https://example.com/", "https://example.com/"),
)
