"""The HTML of a plain shop: what a reader, or a checker, is shown."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from html import escape

STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:46rem;margin:0 auto;padding:0 1rem 3rem}"
    "header{display:flex;gap:1.5rem;align-items:baseline;padding:1rem 0;border-bottom:1px solid #8886}"
    "header a:first-child{font-weight:700;font-size:1.15rem;text-decoration:none;color:inherit}"
    ".price{font-size:1.6rem;font-weight:600}"
    "button{font:inherit;padding:.6rem 1.4rem;border:0;border-radius:.4rem;background:#14532d;color:#fff}"
    "button[disabled]{background:#777}"
    "footer{margin-top:3rem;border-top:1px solid #8886;padding-top:1rem;font-size:.875rem}"
)
_SIGNS = {"GBP": "£", "USD": "$", "EUR": "€"}


@dataclass(frozen=True, slots=True)
class Product:
    """What a shop knows of one article of trade, or of one range."""

    name: str
    gtin: str = ""
    price: Decimal = Decimal("24.99")
    currency: str = "GBP"  # ISO 4217
    is_range: bool = False

    @property
    def price_in_words(self) -> str:
        return f"{_SIGNS.get(self.currency, self.currency + ' ')}{self.price}"


def shop_title(host: str) -> str:
    """How a shop calls itself: `northgate-supports.example` → "Northgate Supports"."""
    labels = host.removeprefix("www.").split(".")
    return labels[0].replace("-", " ").title()


def replacement(product: Product) -> Product:
    """Quite another product, with a valid GTIN of its own."""
    digits = f"50{zlib.crc32(product.name.encode()) % 10**10:010d}"
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return Product(
        "Stainless Steel Garden Trowel", f"{digits}{-weighted % 10}", Decimal("7.50"), product.currency
    )


def _document(host: str, root: str, title: str, main: str, head: str = "") -> str:
    shop = escape(shop_title(host))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title>{head}<style>{STYLE}</style></head><body>"
        f'<header><a href="{escape(root)}/">{shop}</a><a href="{escape(root)}/basket">Basket</a></header>'
        f"<main>{main}</main><footer>{shop} · Free delivery over £40 · Returns within 30 days</footer></body></html>"
    )


def _json_ld(product: Product, url: str, availability: str) -> str:
    facts: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": product.name,
        "offers": {
            "@type": "Offer",
            "url": url,
            "price": str(product.price),
            "priceCurrency": product.currency,
            "availability": f"https://schema.org/{availability}",
        },
    }
    if product.gtin:
        facts["gtin13" if len(product.gtin) == 13 else "gtin"] = product.gtin
    text = json.dumps(facts, ensure_ascii=False).replace("<", "\\u003c")
    return f'<script type="application/ld+json">{text}</script>'


def product_page(
    host: str, root: str, url: str, product: Product, *, availability: str | None, sold_out: str = ""
) -> str:
    """A product page. `availability` is the schema.org term, None for no schema.org at all.

    `sold_out` is the sentence that stands in place of "In stock"; empty while it can be bought.
    """
    head = f'<link rel="canonical" href="{escape(url)}">'
    if availability is not None:
        head += _json_ld(product, url, availability)
    stock = sold_out or "In stock, dispatched within two working days"
    code = f"<p>Product code: {escape(product.gtin)}</p>" if product.gtin else ""
    button = "<button disabled>Unavailable</button>" if sold_out else "<button>Add to basket</button>"
    main = (
        f"<h1>{escape(product.name)}</h1>"
        f'<p class="price">{escape(product.price_in_words)}</p>'
        f'<p class="stock">{escape(stock)}</p>{button}'
        f"<h2>Details</h2><p>Washable, and sold in three sizes.</p>{code}"
    )
    return _document(host, root, f"{product.name} | {shop_title(host)}", main, head)


def category_page(host: str, root: str, url: str, product: Product) -> str:
    """A page of several products, each with its price."""
    items = "".join(
        f"<li>{escape(product.name)}: {size} <strong>{escape(product.price_in_words)}</strong> "
        "<button>Add to basket</button></li>"
        for size in ("small", "medium", "large")
    )
    main = f"<h1>{escape(product.name)}</h1><p>3 products</p><ul>{items}</ul>"
    head = f'<link rel="canonical" href="{escape(url)}">'
    return _document(host, root, f"{product.name} | {shop_title(host)}", main, head)


def home_page(host: str, root: str, products: Iterable[tuple[str, str]]) -> str:
    """The shop's front page; `products` are pairs of path and name."""
    items = "".join(f'<li><a href="{escape(root + path)}">{escape(name)}</a></li>' for path, name in products)
    main = f"<h1>Welcome to {escape(shop_title(host))}</h1><ul>{items}</ul>"
    return _document(host, root, f"{shop_title(host)}: home", main)


def message_page(host: str, root: str, title: str, main: str) -> str:
    """A page that says something other than what it sells. `main` is HTML."""
    return _document(host, root, title, f"<h1>{escape(title)}</h1>{main}")
