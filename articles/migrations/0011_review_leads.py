"""The group of those who are told of reviews that are two weeks late. It is data from here on, as are its members.

Without members, such reviews go to the administrators.
"""

from django.contrib.auth.management import create_permissions
from django.db import migrations

WANTED = [("articles", "lead_reviews"), ("articles", "view_medicalreview"), ("wagtailadmin", "access_admin")]


def add_group(apps, schema_editor):
    config = apps.get_app_config("articles")  # Django makes permissions after the last migration: too late for this one
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name="Review leads")
    for app_label, codename in WANTED:
        group.permissions.add(
            apps.get_model("auth", "Permission").objects.get(
                content_type__app_label=app_label, codename=codename
            )
        )


class Migration(migrations.Migration):
    dependencies = [("articles", "0010_reminders_with_recipients")]

    operations = [migrations.RunPython(add_group, migrations.RunPython.noop)]
