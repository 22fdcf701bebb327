"""Registers this app with Wagtail, and does nothing else."""

from wagtail import hooks
from wagtail.snippets.models import register_snippet

from articles.calendar_desk import ReviewCalendar
from articles.forecast_desk import ReviewForecast
from articles.gate import keep_from_bulk_publishing, keep_from_publishing
from articles.log_actions import register_actions
from articles.panels import add_overdue_panel, add_reviews_panel
from articles.permissions import review_permissions
from articles.problem_desk import ReaderReports, add_reports_panel
from articles.reference_desk import ReferenceViewSet, keep_cited
from articles.rescheduling_desk import Reschedulings
from articles.review_actions import AskReviewer, Reschedule
from articles.review_desk import ArticleListing
from articles.review_doors import (
    lead_reviewers_to_the_review,
    name_the_workflow,
    offer_the_review,
    review_buttons,
)
from articles.review_views import MedicalReviewViews
from articles.safekeeping import keep_account, keep_in_bulk, keep_page_on_record, keep_signatories
from articles.safety_reviews import review_citing_articles
from articles.tier_desk import keep_default_tier
from articles.viewsets import ArticlePages, PeopleAndReviews, ReviewTierViewSet

register_snippet(PeopleAndReviews)
register_snippet(ReviewTierViewSet)
register_snippet(ReferenceViewSet)
hooks.register("register_admin_viewset", ArticleListing)
hooks.register("register_admin_viewset", ArticlePages)
hooks.register("register_admin_viewset", Reschedulings)
hooks.register("register_admin_viewset", ReviewCalendar)
hooks.register("register_admin_viewset", ReviewForecast)
hooks.register("register_bulk_action", Reschedule)
hooks.register("register_bulk_action", AskReviewer)
hooks.register("register_permissions", review_permissions)
hooks.register("construct_homepage_panels", add_overdue_panel)
hooks.register("construct_homepage_panels", add_reviews_panel)
hooks.register("before_delete_page", keep_page_on_record)
hooks.register("before_delete_snippet", keep_signatories)
hooks.register("before_delete_snippet", keep_cited)
hooks.register("before_delete_snippet", keep_default_tier)
hooks.register("before_delete_user", keep_account)
hooks.register("before_bulk_action", keep_in_bulk)
hooks.register("register_log_actions", register_actions)
hooks.register("register_admin_viewset", MedicalReviewViews)
hooks.register("construct_page_action_menu", offer_the_review)
hooks.register("construct_page_action_menu", name_the_workflow)
hooks.register("register_page_header_buttons", review_buttons)
hooks.register("before_edit_page", lead_reviewers_to_the_review)
hooks.register("before_publish_page", keep_from_publishing)
hooks.register("before_bulk_action", keep_from_bulk_publishing)
hooks.register("register_admin_viewset", ReaderReports)
hooks.register("construct_homepage_panels", add_reports_panel)
hooks.register("register_safety_stop_consequences", review_citing_articles)
