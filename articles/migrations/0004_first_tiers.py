"""The three review tiers that ship. They are data from here on."""

from django.db import migrations


def add_tiers(apps, schema_editor):
    tier = apps.get_model("articles", "ReviewTier")
    tier.objects.create(name="High risk", slug="high_risk", interval_months=12, withhold_offers=True)
    tier.objects.create(name="Standard", slug="standard", interval_months=24, is_default=True)
    tier.objects.create(name="Low risk", slug="low", interval_months=36)


class Migration(migrations.Migration):
    dependencies = [("articles", "0003_sign_offs_are_immutable")]

    operations = [migrations.RunPython(add_tiers, migrations.RunPython.noop)]
