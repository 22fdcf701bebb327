"""What can be done with several offers at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from wagtail.snippets.bulk_actions.snippet_bulk_action import SnippetBulkAction

from products.models import Offer
from products.services import check_now
from products.viewsets import CHECK_ACTION


class CheckNow(SnippetBulkAction):
    """Put the chosen offers at the head of the queue. Those that cannot be checked are passed over, and said so."""

    models = [Offer]
    display_name = "Check now"
    action_type = CHECK_ACTION
    aria_label = "Check the selected offers now"
    template_name = "desk/confirm_check_now.html"
    action_priority = 10

    def check_perm(self, offer: Offer) -> bool:
        return bool(self.permission_policy.user_has_permission(self.request.user, "change"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        chosen = [row["item"].pk for row in context["items"]]
        checkable = set(Offer.objects.filter(pk__in=chosen).checkable().values_list("pk", flat=True))
        return {
            **context,
            "checkable": [row for row in context["items"] if row["item"].pk in checkable],
            "passed_over": [row for row in context["items"] if row["item"].pk not in checkable],
        }

    @classmethod
    def get_queryset(cls, model: type[Offer], object_ids: Sequence[Any]) -> list[Offer]:
        return list(Offer.objects.filter(pk__in=object_ids).select_related("product", "retailer__region"))

    @classmethod
    def execute_action(cls, objects: Sequence[Offer], **kwargs: Any) -> tuple[int, int]:
        chosen = Offer.objects.filter(pk__in=[offer.pk for offer in objects])
        user = kwargs["self"].request.user
        return check_now(chosen, now=timezone.now(), user=user), 0

    def get_success_message(self, num_parent_objects: int, num_child_objects: int) -> str:
        passed_over = len(self.actionable_objects) - num_parent_objects
        said = f"{num_parent_objects} {_offers(num_parent_objects)} will be checked next."
        return (
            f"{said} {passed_over} cannot be checked and {'was' if passed_over == 1 else 'were'} passed over."
            if passed_over
            else said
        )


def _offers(count: int) -> str:
    return "offer" if count == 1 else "offers"
