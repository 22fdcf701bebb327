"""What people ask to have checked at once."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def person():
    return models.ForeignKey(
        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
    )


class Migration(migrations.Migration):
    dependencies = [
        ("products", "0008_shops_rules_for_robots"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MassCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("about", models.CharField(help_text="What was asked for, in words.", max_length=200)),
                ("asked_at", models.DateTimeField(db_index=True, help_text="By the database's clock, as looks are.")),
                ("cancelled_at", models.DateTimeField(null=True)),
                ("asked_by", person()),
                ("cancelled_by", person()),
            ],
            options={"ordering": ["-asked_at", "-pk"], "default_permissions": ()},
        ),
        migrations.CreateModel(
            name="AskedOffer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("refusal", models.CharField(blank=True, choices=[("draft", "Draft"), ("off", "Off"), ("human", "Human"), ("api", "Api"), ("quarantined", "Quarantined")], help_text="Why it was not asked for after all.", max_length=12)),
                ("former_due_at", models.DateTimeField(help_text="When it was to be looked at before.", null=True)),
                ("former_quarantine_at", models.DateTimeField(null=True)),
                ("mass_check", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="rows", to="products.masscheck")),
                ("offer", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="products.offer")),
            ],
            options={"ordering": ["pk"], "default_permissions": ()},
        ),
        migrations.AddConstraint(
            model_name="askedoffer",
            constraint=models.UniqueConstraint(fields=("mass_check", "offer"), name="offer_once_in_a_mass_check"),
        ),
    ]
