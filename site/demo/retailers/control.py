"""The control page of the fake shops: see what each does, and change it while they run.

Plain HTTP on loopback, HTML forms and a JSON interface:

    GET  /api/shops               all shops
    GET  /api/shops/<name>        one
    POST /api/shops/<name>        {"down": "server_error"}, {"down": null} or {"up": true},
                                  {"pages": {"/knee": "gone"}}; answers as GET does
    GET  /view/<name>/<path>      the page as the shop shows it now, for a browser that cannot resolve the name
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, quote, unquote, urlsplit

from demo.retailers.answers import Answer, Ending, html
from demo.retailers.behaviours import WHOLE_SHOP, Behaviour
from demo.retailers.scene import Changes, SceneError, behaviour
from demo.retailers.server import ADDRESS, RetailerServer
from demo.retailers.shops import Page, Shop

_LARGEST_BODY = 64 * 1024
_SHOWN_REQUESTS = 15
# A viewed page is shown on the control page's own origin: it may style itself, and nothing else.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
_STYLE = """
:root{color-scheme:light dark;--ink:#1c2430;--paper:#f6f7f9;--card:#fff;--line:#d8dde4;--soft:#596473;
--good:#14663a;--bad:#a3201d;--act:#1d4f91}
@media (prefers-color-scheme:dark){:root{--ink:#e6eaf0;--paper:#12161c;--card:#1b2129;--line:#333c48;
--soft:#a2adbb;--good:#6fd39b;--bad:#ff9a94;--act:#8db9f5}}
*{box-sizing:border-box}
body{font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:64rem;margin:0 auto;
padding:1.5rem 1rem 4rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.15rem;margin:0;overflow-wrap:anywhere}p{margin:.3rem 0}
a{color:var(--act)}.soft{color:var(--soft)}.good{color:var(--good)}.bad{color:var(--bad)}.good,.bad{font-weight:600}
section{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:1rem 1.2rem;margin-top:1.2rem}
.row{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;justify-content:space-between}
form{display:flex;flex-wrap:wrap;gap:.4rem;align-items:center;max-width:100%}
section>form{margin-top:.7rem}
ul{list-style:none;margin:.8rem 0 0;padding:0}li{border-top:1px solid var(--line);padding:.6rem 0}
select,button{font:inherit;color:inherit;background:var(--paper);border:1px solid var(--line);border-radius:.4rem;
padding:.3rem .6rem}
select{flex:1 1 14rem;min-width:0;width:24rem;max-width:100%}
summary{cursor:pointer;margin-top:1.2rem}
button{border-color:var(--act);color:var(--act);cursor:pointer}
:focus-visible{outline:3px solid var(--act);outline-offset:2px}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;padding:.25rem .8rem .25rem 0;border-top:1px solid var(--line)}
"""


class ControlServer:
    """The control page, served by threads of its own between `start` and `stop`."""

    def __init__(self, shops: RetailerServer, changes: Changes, *, port: int = 0) -> None:
        self.port = port
        self._shops = shops
        self._changes = changes
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen. Raises `OSError` if the port is taken."""
        shops, changes, lock = self._shops, self._changes, threading.Lock()

        class Handler(_Handler):
            def setup(self) -> None:
                self.shops, self.changes, self.lock = shops, changes, lock
                super().setup()

        self._server = ThreadingHTTPServer((ADDRESS, self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Free the port. Does nothing if it is not running."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server = self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _RefusedError(Exception):
    """A request that is not served, and why."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "retailers"
    timeout = 30
    shops: RetailerServer
    changes: Changes
    lock: threading.Lock

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that http.server gives it
        """Say nothing: the page shows what happens."""

    def do_GET(self) -> None:
        self._serve(self._get)

    def do_POST(self) -> None:
        self._serve(self._post)

    def _serve(self, respond: Callable[[list[str]], None]) -> None:
        try:
            self._same_origin()
            respond([unquote(part) for part in urlsplit(self.path).path.split("/")[1:]])
        except _RefusedError as refused:
            self.close_connection = True  # the body may be unread
            self._refuse(refused.status, str(refused))
        except SceneError as error:
            self._refuse(HTTPStatus.BAD_REQUEST, str(error))

    def _same_origin(self) -> None:
        """Only this page's own forms may act: a foreign site can send a request here, but not these headers."""
        host = self.headers.get("Host", "")
        mine = {f"{name}:{self.connection.getsockname()[1]}" for name in (ADDRESS, "localhost")}
        origin = self.headers.get("Origin")
        if host not in mine or (origin is not None and origin != f"http://{host}"):
            raise _RefusedError(HTTPStatus.FORBIDDEN, "This page answers to its own address only.")

    # What is asked

    def _get(self, parts: list[str]) -> None:
        match parts:
            case [""]:
                self._send(html(_page(self.shops)))
            case ["api", "shops"]:
                self._json([_facts(shop) for shop in self.shops.shops.values()])
            case ["api", "shops", name]:
                self._json(_facts(self._shop(name)))
            case ["view", name, *_]:
                self._view(self._shop(name))
            case _:
                raise _RefusedError(HTTPStatus.NOT_FOUND, "There is no such page.")

    def _post(self, parts: list[str]) -> None:
        body = self._body()
        match parts:
            case ["api", "shops", name]:
                self._change_by_json(self._shop(name), body)
            case ["shops", name]:
                self._change_by_form(self._shop(name), parse_qs(body.decode("utf-8", "replace")))
            case ["as-at-first"]:
                with self.lock:
                    self.changes.undo_all()
                self._back("")
            case _:
                raise _RefusedError(HTTPStatus.NOT_FOUND, "There is no such page.")

    def _shop(self, name: str) -> Shop:
        shop = self.shops.shops.get(name)
        if shop is None:
            raise _RefusedError(HTTPStatus.NOT_FOUND, f"There is no shop {name!r}.")
        return shop

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _LARGEST_BODY:
            raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "That is too long.")
        return self.rfile.read(int(length))

    def _change_by_json(self, shop: Shop, body: bytes) -> None:
        try:
            wanted = json.loads(body)
        except ValueError as error:
            raise SceneError(f"not JSON: {error}") from error
        pages = wanted.get("pages", {}) if isinstance(wanted, dict) else None
        if not isinstance(pages, dict) or not wanted or not set(wanted) <= {"down", "up", "pages"}:
            raise SceneError('say {"down": behaviour or null}, {"up": true} or {"pages": {path: behaviour}}')
        behaviours: dict[str, Behaviour | None] = {
            _address(shop, path): behaviour(slug) for path, slug in pages.items()
        }
        if "up" in wanted or "down" in wanted:
            slug = None if wanted.get("up") else wanted.get("down")
            behaviours[shop.name] = None if slug is None else behaviour(slug)
        with self.lock:
            self.changes.make(behaviours)
        self._json(_facts(shop))

    def _change_by_form(self, shop: Shop, fields: dict[str, list[str]]) -> None:
        slug, path = fields.get("behaviour", [""])[0], fields.get("path", [""])[0]
        with self.lock:
            self.changes.make(
                {_address(shop, path) if path else shop.name: behaviour(slug) if slug else None}
            )
        self._back(shop.name)

    def _view(self, shop: Shop) -> None:
        prefix = f"/view/{shop.name}"
        target = self.path.removeprefix(prefix) or "/"
        answer = shop.answer(target if target.startswith("/") else f"/{target}", root=prefix, counts=False)
        if answer.ending is not Ending.ANSWERED:
            said = "drops the connection" if answer.ending is Ending.RESET else "never answers"
            self._send(html(_note(f"{shop.name} {said} here."), HTTPStatus.BAD_GATEWAY))
            return
        location = dict(answer.headers).get("Location")
        if location is None:
            self._send(answer)
            return
        to = urlsplit(location)
        if to.hostname is None:
            self._send(Answer(answer.status, b"", (("Location", f"{prefix}{location}"),)))
        elif to.hostname in self.shops.shops:
            view = f"/view/{to.hostname}{to.path or '/'}" + (f"?{to.query}" if to.query else "")
            self._send(Answer(answer.status, b"", (("Location", view),)))
        else:
            self._send(html(_note(f"{shop.name} leads to {location}, which is not one of these shops.")))

    # What is sent

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.status is not HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Content-Security-Policy", _POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.body)

    def _json(self, value: object, status: HTTPStatus = HTTPStatus.OK) -> None:
        text = json.dumps(value, indent=2) + "\n"
        self._send(Answer(status, text.encode(), (("Content-Type", "application/json"),)))

    def _refuse(self, status: HTTPStatus, reason: str) -> None:
        if self.path.startswith("/api/"):
            self._json({"error": reason}, status)
        else:
            self._send(html(_note(reason), status))

    def _back(self, anchor: str) -> None:
        self._send(
            Answer(HTTPStatus.SEE_OTHER, b"", (("Location", f"/#{quote(anchor)}" if anchor else "/"),))
        )


def _address(shop: Shop, path: str) -> str:
    if not path.startswith("/"):
        raise SceneError(f"a page's address begins with /: {path!r}")
    return f"https://{shop.name}{path}"


def _facts(shop: Shop) -> dict[str, object]:
    return {
        "name": shop.name,
        "down": shop.down_as,
        "default": shop.default,
        "pages": {page.target: page.play.behaviour for page in shop.pages},
    }


def _document(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en-GB"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>{body}</body></html>"
    )


def _note(text: str) -> str:
    return _document(
        "Fake retailers", f'<main><h1>{escape(text)}</h1><p><a href="/">All shops</a></p></main>'
    )


def _words(behaviour: Behaviour) -> str:
    return behaviour.replace("_", " ")


def _options(among: list[Behaviour], chosen: Behaviour) -> str:
    return "".join(
        f'<option value="{each}"{" selected" if each is chosen else ""}>'
        f"{escape(_words(each))}: {escape(each.about)}</option>"
        for each in among
    )


def _page(server: RetailerServer) -> str:
    shops = sorted(server.shops.values(), key=lambda shop: shop.name)
    stocked = [shop for shop in shops if shop.pages]
    others = [shop for shop in shops if not shop.pages]
    down = sum(shop.down_as is not None for shop in shops)
    body = (
        '<header class="row"><div><h1>Fake retailers</h1>'
        f'<p class="soft">{len(stocked)} shops with products, {down} down. '
        "The link checker sees a change at its next look.</p></div>"
        '<form method="post" action="/as-at-first"><button>Everything as it was at first</button></form></header><main>'
        + "".join(_shop_section(shop) for shop in stocked)
        + f"<details><summary>{len(others)} networks, and shops without products of their own</summary>"
        + "".join(_shop_section(shop) for shop in others)
        + "</details>"
        + _recent(server)
        + "</main>"
    )
    return _document("Fake retailers", body)


def _shop_section(shop: Shop) -> str:
    name, action = escape(shop.name), f"/shops/{quote(shop.name)}"
    if shop.down_as:
        state = f'<span class="bad">down: {escape(_words(shop.down_as))}</span>'
    else:
        state = '<span class="good">up</span>'
    default = "" if shop.pages else f'<p class="soft">At every address: {escape(shop.default.about)}.</p>'
    ways = _options(list(Behaviour), shop.down_as or Behaviour.SERVER_ERROR)
    up = f'<form method="post" action="{action}"><button>Up again</button></form>' if shop.down_as else ""
    return (
        f'<section id="{name}" aria-labelledby="title-{name}"><div class="row"><h2 id="title-{name}">'
        f'<a href="/view/{name}/">{name}</a> {state}</h2>{up}</div>{default}'
        f'<form method="post" action="{action}"><select name="behaviour" aria-label="How {name} goes down">{ways}</select>'
        f"<button>This shop goes down now</button></form><ul>{''.join(_item(shop, page) for page in shop.pages)}</ul></section>"
    )


def _item(shop: Shop, page: Page) -> str:
    name, target = escape(shop.name), escape(page.target)
    choices = _options([each for each in Behaviour if each not in WHOLE_SHOP], page.play.behaviour)
    return (
        f'<li><div class="row"><span><strong>{escape(page.product.name)}</strong> '
        f'<a href="/view/{name}{target}">{target}</a></span>'
        f'<form method="post" action="/shops/{quote(shop.name)}"><input type="hidden" name="path" value="{target}">'
        f'<select name="behaviour" aria-label="How {target} behaves">{choices}</select><button>Set</button></form>'
        "</div></li>"
    )


def _recent(server: RetailerServer) -> str:
    moment = time.monotonic()
    rows = "".join(
        f"<tr><td>{moment - request.at:.0f} s ago</td><td>{escape(request.host)}</td>"
        f"<td>{escape(request.method)} {escape(request.target[:120])}</td>"
        f"<td>{escape(request.headers.get('user-agent', '')[:80])}</td></tr>"
        for request in reversed(server.requests[-_SHOWN_REQUESTS:])
    )
    table = (
        '<div class="scroll" tabindex="0" role="region" aria-label="Last requests"><table><thead><tr><th>When</th>'
        f"<th>Shop</th><th>Request</th><th>Who</th></tr></thead><tbody>{rows}</tbody></table></div>"
    )
    return f"<section><h2>Last requests</h2>{table if rows else '<p class=soft>Nobody has asked yet.</p>'}</section>"
