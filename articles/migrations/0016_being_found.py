"""What search forgives typing errors with, and the pictures of pages that are shared.

`pg_trgm` is a trusted extension: who owns the database may create it.
"""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.indexes import GistIndex, OpClass
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models


def share_picture(model):
    return migrations.AddField(
        model_name=model,
        name="share_picture",
        field=models.ForeignKey(
            blank=True,
            help_text="What stands beside the address where people share it. Empty: a picture is drawn from the title.",
            null=True,
            on_delete=django.db.models.deletion.SET_NULL,
            related_name="+",
            to=settings.WAGTAILIMAGES_IMAGE_MODEL,
        ),
    )


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0015_reader_report_permissions"),
        migrations.swappable_dependency(settings.WAGTAILIMAGES_IMAGE_MODEL),
        ("wagtailcore", "0098_apitoken"),
    ]

    operations = [
        TrigramExtension(),
        migrations.CreateModel(
            name="SearchTerm",
            fields=[("text", models.CharField(max_length=160, primary_key=True, serialize=False))],
            options={
                "indexes": [
                    GistIndex(OpClass("text", name="gist_trgm_ops"), name="search_term_likeness"),
                ],
            },
        ),
        migrations.CreateModel(
            name="SharePicture",
            fields=[
                (
                    "page",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="drawn_share_picture",
                        serialize=False,
                        to="wagtailcore.page",
                    ),
                ),
                ("file", models.FileField(upload_to="share-pictures")),
            ],
        ),
        share_picture("homepage"),
        share_picture("bodyareapage"),
        share_picture("informationpage"),
        share_picture("conditionpage"),
    ]
