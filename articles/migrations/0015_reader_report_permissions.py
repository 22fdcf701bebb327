"""Editors and review leads answer reader reports; medical reviewers see them."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

VERBS = {
    "Editors": ["view", "answer"],
    "Review leads": ["view", "answer"],
    "Medical reviewers": ["view"],
}


def add_permissions(apps, schema_editor):
    config = apps.get_app_config("articles")  # Django makes permissions after the last migration: too late for this one
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    for name, verbs in VERBS.items():
        group = apps.get_model("auth", "Group").objects.filter(name=name).first()
        if group is not None:  # the group may have been renamed since
            group.permissions.add(
                *apps.get_model("auth", "Permission").objects.filter(
                    content_type__app_label="articles", codename__in=[f"{verb}_problemreport" for verb in verbs]
                )
            )


class Migration(migrations.Migration):
    dependencies = [("articles", "0014_reader_reports")]

    operations = [migrations.RunPython(add_permissions, migrations.RunPython.noop)]
