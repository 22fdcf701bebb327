"""Who was told what about links; and finding offers by their address, and those that change back and forth."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


def reference(to, **options):
    return models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=to, **options)


class Migration(migrations.Migration):
    dependencies = [("products", "0006_clicks"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="LinkNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("news", models.CharField(choices=[("alarm", "An alarm rings"), ("sold_out", "Sold out at one shop"), ("flaky", "Changes back and forth")], max_length=12)),
                ("since", models.DateField(help_text="The day, in the site's time zone, on which it began; of what is flaky the Monday of the week.")),
                ("made_at", models.DateTimeField()),
                ("told_at", models.DateTimeField(blank=True, null=True)),
                ("alarm", reference("products.alarm", null=True, related_name="notices")),
                ("offer", reference("products.offer", null=True, related_name="notices")),
                ("recipient", reference(settings.AUTH_USER_MODEL, related_name="link_notices")),
            ],
            options={"ordering": ["pk"], "default_permissions": ()},
        ),
        migrations.AddIndex(
            model_name="linknotice",
            index=models.Index(condition=Q(told_at__isnull=True), fields=["recipient"], name="link_notice_waiting"),
        ),
        migrations.AddConstraint(
            model_name="linknotice",
            constraint=models.UniqueConstraint(
                fields=("recipient", "news", "alarm", "offer", "since"), name="told_of_a_link_once", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="linknotice",
            constraint=models.CheckConstraint(
                condition=Q(news="alarm", alarm__isnull=False, offer__isnull=True)
                | (~Q(news="alarm") & Q(alarm__isnull=True, offer__isnull=False)),
                name="link_notice_has_the_subject_of_its_news",
            ),
        ),
        migrations.AddIndex(
            model_name="offer",
            index=models.Index(condition=Q(health_memory__has_key="flaky"), fields=["id"], name="offer_flaky"),
        ),
        migrations.AddIndex(
            model_name="offer",
            index=django.contrib.postgres.indexes.HashIndex(fields=["destination"], name="offer_by_destination"),
        ),
    ]
