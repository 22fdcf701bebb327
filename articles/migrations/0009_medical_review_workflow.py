"""The workflow "Medical review" for the articles of a new site: one task, for the group of medical reviewers.

A site that chose a workflow of its own, on its home page or above it, keeps that. Wagtail's own default stands on the
root of the tree and does not count as a choice.
"""

from django.db import migrations

NAME = "Medical review"
DEFAULT_OF_WAGTAIL = "Moderators approval"


def add_workflow(apps, schema_editor):
    home = apps.get_model("articles", "HomePage").objects.order_by("path").first()
    group = apps.get_model("auth", "Group").objects.filter(name="Medical reviewers").first()
    workflow_page = apps.get_model("wagtailcore", "WorkflowPage")
    if home is None or group is None:
        return
    above = [home.path[:length] for length in range(4, len(home.path) + 1, 4)]
    chosen = workflow_page.objects.filter(page__path__in=above).exclude(workflow__name=DEFAULT_OF_WAGTAIL)
    if chosen.exists():
        return
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="articles", model="medicalreviewtask"
    )
    task = apps.get_model("articles", "MedicalReviewTask").objects.create(name=NAME, content_type=content_type)
    task.groups.set([group])
    workflow = apps.get_model("wagtailcore", "Workflow").objects.create(name=NAME)
    apps.get_model("wagtailcore", "WorkflowTask").objects.create(workflow=workflow, task=task, sort_order=0)
    workflow_page.objects.update_or_create(page_id=home.pk, defaults={"workflow": workflow})


class Migration(migrations.Migration):
    dependencies = [("articles", "0008_publications_are_immutable")]

    operations = [migrations.RunPython(add_workflow, migrations.RunPython.noop)]
