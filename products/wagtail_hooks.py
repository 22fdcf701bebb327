"""Registers this app with Wagtail, and does nothing else."""

from wagtail import hooks
from wagtail.snippets.models import register_snippet

from products.alarm_desk import Alarms
from products.bulk_actions import AcceptRedirect, CallHarmless, CheckNow, Snooze
from products.click_report import ClicksReport
from products.health_desk import LinkHealth, retailer_listing_buttons
from products.link_desk import HumanQueue, read_identities_after_edit
from products.log_actions import register_actions
from products.mass_check_desk import MassChecks
from products.panels import add_offers_panel
from products.safety_desk import product_listing_buttons
from products.viewsets import ShopsAndProducts, offer_listing_buttons

register_snippet(ShopsAndProducts)
hooks.register("register_admin_viewset", ClicksReport)
hooks.register("register_admin_viewset", LinkHealth)
hooks.register("register_admin_viewset", MassChecks)
hooks.register("register_admin_viewset", Alarms)
hooks.register("register_admin_viewset", HumanQueue)
hooks.register("register_bulk_action", CheckNow)
hooks.register("register_bulk_action", Snooze)
hooks.register("register_bulk_action", CallHarmless)
hooks.register("register_bulk_action", AcceptRedirect)
hooks.register("register_snippet_listing_buttons", offer_listing_buttons)
hooks.register("construct_homepage_panels", add_offers_panel)
hooks.register("after_edit_snippet", read_identities_after_edit)
hooks.register("register_log_actions", register_actions)
hooks.register("register_snippet_listing_buttons", product_listing_buttons)
hooks.register("register_snippet_listing_buttons", retailer_listing_buttons)
