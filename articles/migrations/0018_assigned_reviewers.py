"""Reviewers whom editors ask for the next review, and schedules whose rules were changed."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("articles", "0017_comparison_block")]

    operations = [
        migrations.AddField(
            model_name="reviewschedule",
            name="reviewer",
            field=models.ForeignKey(blank=True, help_text="Whom an editor asked for the next review. Empty: who signed last.", null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="assigned", to="articles.reviewer"),
        ),
        migrations.AddField(
            model_name="reviewschedule",
            name="rules_changed",
            field=models.BooleanField(default=False, help_text="Its tier was changed, and its dates are to be computed anew."),
        ),
        migrations.AddIndex(
            model_name="reviewschedule",
            index=models.Index(condition=models.Q(("rules_changed", True)), fields=["page"], name="schedules_of_changed_rules"),
        ),
    ]
