"""Clicks, counted by the day; the commercial side and editors may read them."""

import django.db.models.deletion
from django.contrib.auth.management import create_permissions
from django.db import migrations, models

READERS = ("Commercial", "Editors")


def add_permissions(apps, schema_editor):
    config = apps.get_app_config("products")  # Django makes permissions after the last migration: too late for this one
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    may_view = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="products", codename="view_clicks"
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=READERS):  # they may have been renamed since
        group.permissions.add(*may_view)


def loose(to, **options):
    """A reference that the database does not hold: counts outlive what they speak of."""
    return models.ForeignKey(
        db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to=to, **options
    )


class Migration(migrations.Migration):
    dependencies = [("products", "0005_generation_of_pages"), ("articles", "0006_groups"), ("wagtailcore", "0098_apitoken")]

    operations = [
        migrations.CreateModel(
            name="Clicks",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(help_text="In the site's time zone.")),
                ("people", models.PositiveIntegerField(default=0, help_text="Navigations by what looks like a person.")),
                ("others", models.PositiveIntegerField(default=0, help_text="Known robots, prefetches, and repeats within seconds.")),
                ("offer", loose("products.offer")),
                ("page", loose("wagtailcore.page", help_text="The live page that showed the product; empty where the request named none.")),
                ("region", loose("products.region", help_text="Where the reader shops, as far as the site knows.")),
            ],
            options={
                "verbose_name": "clicks",
                "verbose_name_plural": "clicks",
                "default_permissions": ("view",),
            },
        ),
        migrations.AddConstraint(
            model_name="clicks",
            constraint=models.UniqueConstraint(
                fields=("offer", "day", "page", "region"), name="clicks_counted_once", nulls_distinct=False
            ),
        ),
        migrations.AddIndex(model_name="clicks", index=models.Index(fields=["day"], name="clicks_by_day")),
        migrations.RunPython(add_permissions, migrations.RunPython.noop),
    ]
