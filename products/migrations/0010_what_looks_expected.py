"""A look is kept with what it should have found, beside what it saw. Those made before have neither."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("products", "0009_mass_checks")]

    operations = [
        migrations.AddField(
            model_name="check",
            name="expected",
            field=models.JSONField(
                default=dict,
                help_text="What it should have found: address, shop, identity, product. Empty for a person's look.",
            ),
        ),
        migrations.AddField(
            model_name="check",
            name="seen",
            field=models.JSONField(default=dict, help_text="What the page said of itself."),
        ),
    ]
