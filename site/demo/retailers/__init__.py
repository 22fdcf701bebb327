"""Fake retailers: one small loopback server that plays every kind of shop.

    with RetailerServer() as shops:
        knee = shops.shop("northgate.example")
        address = knee.product("/knee", name="Knee support", gtin="5012345678900")
        knee.set("/knee", Behaviour.GONE)
        knee.down(Behaviour.SERVER_ERROR)

The shops answer under their own names only: a client dials 127.0.0.1 and `shops.port`, and trusts
`shops.ca_file`; `shops.write_fetch_hosts(path)` writes that down for the link checker.
`python -m demo.retailers` runs it by itself, with a control page.
"""

from demo.retailers.behaviours import WHOLE_SHOP, Behaviour
from demo.retailers.pages import Product
from demo.retailers.server import Request, RetailerServer
from demo.retailers.shops import Page, Shop

__all__ = ["WHOLE_SHOP", "Behaviour", "Page", "Product", "Request", "RetailerServer", "Shop"]
