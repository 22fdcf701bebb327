"""Registers this app with Wagtail, and does nothing else."""

from wagtail import hooks
from wagtail.snippets.models import register_snippet

from articles.log_actions import register_actions
from articles.panels import add_overdue_panel
from articles.permissions import review_permissions
from articles.reports import OverdueArticles
from articles.safekeeping import keep_account, keep_in_bulk, keep_reviewed_page, keep_signatories
from articles.viewsets import ArticleListing, ArticlePages, PeopleAndReviews, ReviewTierViewSet

register_snippet(PeopleAndReviews)
register_snippet(ReviewTierViewSet)
hooks.register("register_admin_viewset", ArticleListing)
hooks.register("register_admin_viewset", ArticlePages)
hooks.register("register_admin_viewset", OverdueArticles)
hooks.register("register_permissions", review_permissions)
hooks.register("construct_homepage_panels", add_overdue_panel)
hooks.register("before_delete_page", keep_reviewed_page)
hooks.register("before_delete_snippet", keep_signatories)
hooks.register("before_delete_user", keep_account)
hooks.register("before_bulk_action", keep_in_bulk)
hooks.register("register_log_actions", register_actions)
