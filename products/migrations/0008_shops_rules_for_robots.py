"""A shop's robots.txt is read once a day, where product pages are to be kept by it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("products", "0007_link_notices")]

    operations = [
        migrations.AddField(
            model_name="host",
            name="robots",
            field=models.JSONField(
                default=dict,
                help_text="Its rules for robots, and when they were read, by the address of the robots.txt.",
            ),
        ),
    ]
